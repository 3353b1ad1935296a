"""The module tree of OpenAI's `dall_e` package, written anew so that goldens need no download.

Class names, module paths, child names and instance attributes equal the official ones, hence so do the pickles that
`torch.save` makes of them. The arithmetic is that of the official CPU path: no half floats anywhere.
"""

from .decoder import Decoder
from .encoder import Encoder

__all__ = ["Decoder", "Encoder"]
