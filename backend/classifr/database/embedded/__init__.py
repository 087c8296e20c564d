"""The PostgreSQL that Classifr brings along and runs by itself in the data folder."""

from classifr.database.embedded.account import SERVER_ACCOUNT
from classifr.database.embedded.binaries import MAJOR_VERSION, bin_dir, run_tool
from classifr.database.embedded.folders import prepare_data_dir
from classifr.database.embedded.server import EmbeddedPostgres

__all__ = [
    "MAJOR_VERSION",
    "SERVER_ACCOUNT",
    "EmbeddedPostgres",
    "bin_dir",
    "prepare_data_dir",
    "run_tool",
]
