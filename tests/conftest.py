"""For every test."""

import signal

# A shell starts what runs in the background with Ctrl-C switched off; the tests of Ctrl-C need it on, there too.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
