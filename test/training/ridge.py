"""Ridge regression by NumPy, as least squares of the rows with sqrt(penalty) below them: no normal equations, no Cholesky.

Reads {"h": rows of features, "t": rows of targets, "penalty": of the sum of squares} from the file that is named, and prints
{"weights": ..., "bias": ...} as JSON.
"""

import json
import sys

import numpy

with open(sys.argv[1]) as file:
    given = json.load(file)
h = numpy.array(given["h"], dtype=numpy.float64)
t = numpy.array(given["t"], dtype=numpy.float64)
size = h.shape[1]
centred = h - h.mean(axis=0)
a = numpy.vstack([centred, numpy.sqrt(given["penalty"] * len(h)) * numpy.eye(size)])
b = numpy.vstack([t - t.mean(axis=0), numpy.zeros((size, t.shape[1]))])
weights = numpy.linalg.lstsq(a, b, rcond=None)[0]
bias = t.mean(axis=0) - h.mean(axis=0) @ weights
print(json.dumps({"weights": weights.tolist(), "bias": bias.tolist()}))
