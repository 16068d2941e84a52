"""The command ``projector-export``: one file per command, one place for what goes wrong."""

from __future__ import annotations

import errno
import importlib
import os
import signal
import sys
from types import FrameType

import click

from projector_export.cli.terminal import safe
from projector_export.errors import ProjectorExportError

__all__ = ["main"]

COMMANDS = {
    "check": "Find what the viewer would fail to show, and how to mend it.",
    "demo": "Train a small vocabulary on this machine and export it.",
    "inspect": "Find the dead, duplicate and under-trained tokens of a vocabulary.",
    "texts": "Turn texts into vectors by a model, and export them.",
    "vectors": "Export ready-made vectors: arrays, tables, word vectors, indexes.",
    "vocab": "Export the vocabulary of a model: Hugging Face, Keras, TensorFlow, GGUF.",
}

CANCELLED = 130
INVALID = 2


class _LazyGroup(click.Group):
    """Imports a command only when it is used, so that ``--help`` and each command start fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *COMMANDS})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return super().get_command(ctx, cmd_name)
        command = getattr(importlib.import_module(f"projector_export.cli.{cmd_name}"), cmd_name)
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name]) for name in self.list_commands(ctx)])


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="projector-export", prog_name="projector-export")
def projector_export() -> None:
    """Export embedding tables to TensorBoard's Embedding Projector.

    \b
    Examples:
      projector-export demo
      projector-export vocab sentence-transformers/all-MiniLM-L6-v2
      projector-export vocab ./my-model --logdir runs --standalone site
      projector-export vocab sentiment.keras
      projector-export texts news.csv --text title
      projector-export vectors glove.6B.100d.txt
      projector-export inspect openai-community/gpt2
      projector-export check runs
    """


def main() -> None:
    """Run the command line; errors raised on purpose become one sentence on stderr and exit code 2."""
    signal.signal(signal.SIGTERM, _interrupt)
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    try:
        status = projector_export.main(standalone_mode=False, color=_colours())
    except ProjectorExportError as error:
        click.echo(f"Error: {safe(str(error))}", err=True)
        sys.exit(INVALID)
    except click.ClickException as error:
        error.show()
        sys.exit(INVALID)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Cancelled: nothing is half-written.", err=True)
        sys.exit(CANCELLED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        click.echo("Error: the results cannot be printed, for the disk that they go to is full: make room", err=True)
        sys.exit(INVALID)
    sys.exit(status if isinstance(status, int) else 0)


def _colours() -> bool | None:
    """Return False where the user wants none (https://no-color.org), None to let the terminal decide."""
    return False if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" else None


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
