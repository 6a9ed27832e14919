"""The data that networks learn: built-in data sets, and tables that a visitor brings."""

from core.data.dataset import Dataset
from core.data.datasets import DATASETS, load_dataset
from core.data.table import OwnData, Table, read_table

__all__ = ["DATASETS", "Dataset", "OwnData", "Table", "load_dataset", "read_table"]
