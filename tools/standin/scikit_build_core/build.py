from mesonpy import *  # noqa: F403  see mesonpy.py
