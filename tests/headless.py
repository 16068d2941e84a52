"""Where Chromium is and how it is started without a screen."""

import os
import shutil

FLAGS = (
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""WebGL without a graphics card, and no calls home."""


def chromium_path():
    """Return the program that the variable CHROMIUM names, or the usual ones; None where there is none."""
    names = (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
    return next((path for path in map(shutil.which, filter(None, names)) if path), None)
