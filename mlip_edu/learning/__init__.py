"""Learning: from labelled systems to a potential. In the order of reading:

``splits`` who trains and who examines · ``stored`` energies and forces as products of what is computed once ·
``objective`` what is made small · ``preparation`` standardisation and batches · ``optimisers``,
``levenberg_marquardt``, ``linear`` how it is made small · ``loop``, ``checkpoint`` epoch after epoch, and nothing
lost · ``training`` all of it together · ``report`` how good the result is ·
``uncertainty`` where it is not to be trusted.
"""

from .linear import fit_linear
from .objective import LossWeights
from .splits import Split, reference_energies, split_by_group
from .training import TrainingResult, train
from .uncertainty import Committee, query, train_committee
