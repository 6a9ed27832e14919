"""What is learnt from: data sets that come along, tables that a visitor brings, and the random numbers behind both."""

from core.data.dataset import Dataset, stream
from core.data.datasets import DATASETS, load_dataset
from core.data.table import OwnData, Table, read_table

__all__ = ["DATASETS", "Dataset", "OwnData", "Table", "load_dataset", "read_table", "stream"]
