"""Equivariant models: features that turn with the atoms. NequIP sends them along edges, Allegro keeps them on pairs."""

from ..message_passing import MessagePassing
from .allegro import Allegro
from .harmonics import harmonics
from .nequip import NequIP
from .products import clebsch_gordan

LEARNED = {"message-passing": MessagePassing, "nequip": NequIP, "allegro": Allegro}
