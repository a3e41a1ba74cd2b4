"""A pretend GPU with a clock of its own: it shows how work is queued, on any computer, always with the same numbers."""


class PretendGpu:
    """Work is handed over at once and done later, one piece after another; times in seconds."""

    HAND_OVER = 10e-6  # what the program itself spends on a launch

    def __init__(self, piece=0.030, earlier=0.0):
        self.piece = piece  # how long the GPU is busy with one launch
        self.now = 100.0  # the clock
        self.busy_until = self.now + earlier  # work that was launched before

    def clock(self):
        return self.now

    def launch(self):
        """Put one piece of work into the queue, and return at once."""
        self.now += self.HAND_OVER
        self.busy_until = max(self.now, self.busy_until) + self.piece

    def synchronise(self):
        """Wait until the queue is empty."""
        self.now = max(self.now, self.busy_until)
