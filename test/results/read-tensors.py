"""Prints name, shape and bits of each tensor of an npz file, a safetensors file or a folder of CSV files, as JSON."""

import json
import os
import struct
import sys

import numpy


def read_npz(path):
    with numpy.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def read_safetensors(path):
    """By the text of the format: https://github.com/huggingface/safetensors#format."""
    with open(path, "rb") as file:
        data = file.read()
    (length,) = struct.unpack("<Q", data[:8])
    assert length % 8 == 0, "the values are not aligned"
    assert data[8:9] == b"{", "the header does not begin with a brace"
    header = json.loads(data[8 : 8 + length].decode("utf-8"), object_pairs_hook=without_repeats)
    metadata = header.pop("__metadata__")
    assert all(type(value) is str for value in metadata.values()), "metadata that are no text"
    values = data[8 + length :]
    end = 0
    tensors = {}
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        assert set(entry) == {"dtype", "shape", "data_offsets"} and entry["dtype"] == "F32"
        start, stop = entry["data_offsets"]
        assert start == end, "a hole between tensors"
        tensors[name] = numpy.frombuffer(values[start:stop], dtype="<f4").reshape(entry["shape"])
        end = stop
    assert end == len(values), "bytes that belong to no tensor"
    return tensors


def without_repeats(pairs):
    assert len(dict(pairs)) == len(pairs), "a key that stands twice"
    return dict(pairs)


def read_csv(path):
    tensors = {}
    for folder, _, files in os.walk(path):
        for file in files:
            full = os.path.join(folder, file)
            values = numpy.loadtxt(full, delimiter=",", dtype=numpy.float32, ndmin=2)
            tensors[os.path.relpath(full, path)] = values
    return tensors


def described(array):
    assert array.dtype == numpy.dtype("<f4"), array.dtype
    assert array.flags["C_CONTIGUOUS"]
    return {"shape": list(array.shape), "bits": array.reshape(-1).view("<u4").tolist()}


READERS = {"npz": read_npz, "safetensors": read_safetensors, "csv": read_csv}
form, place = sys.argv[1:]
print(json.dumps({name: described(array) for name, array in READERS[form](place).items()}))
