"""Shared plumbing of the peer programs: arguments, MNIST in IDX files, timing.

Only the standard library is imported at module level, because BLAS and OpenMP
size their thread pools when they are loaded: parse_args() fixes the thread
count first, and the programs import numpy and torch after it.
"""

import argparse
import gzip
import json
import os
import time


def parse_args(description, *, arch="784,500,10", batch, lr=None, epochs=1, torch=True, extra=None):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--data", required=True, metavar="DIR",
                        help="folder with the four MNIST IDX files (plain or .gz)")
    parser.add_argument("--arch", default=arch, help="layer sizes, comma separated")
    parser.add_argument("--batch", type=int, default=batch)
    parser.add_argument("--epochs", type=int, default=epochs)
    parser.add_argument("--lr", default=lr, help="learning rate; one per layer, comma separated, where a rule allows it")
    parser.add_argument("--threads", type=int, default=1)
    if torch:
        parser.add_argument("--device", default="cpu", help="torch device, e.g. cuda")
        parser.add_argument("--cuda-graph", action="store_true",
                            help="capture a training step as a CUDA graph once, and replay it")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=int, default=None, metavar="N", help="train on the first N examples only")
    parser.add_argument("--test-limit", type=int, default=None, metavar="N", help="test on N test examples only, evenly spaced")
    parser.add_argument("--bench-seconds", type=float, default=None, metavar="S",
                        help="time S seconds of training steps after a warm-up, instead of training whole epochs")
    parser.add_argument("--bench-evaluation", action="store_true",
                        help="with --bench-seconds: time passes over the test images instead of training")
    if extra:
        extra(parser)
    args = parser.parse_args()
    if torch and args.cuda_graph and not args.device.startswith("cuda"):
        parser.error("--cuda-graph needs --device cuda")
    args.arch = [int(n) for n in args.arch.split(",")]
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(args.threads)
    # torch's OpenMP threads and OpenBLAS's own pool alternate; spinning ones starve the other pool
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    return args


def learning_rates(text, layers):
    rates = [float(r) for r in str(text).split(",")]
    return rates * layers if len(rates) == 1 else rates


def _read_idx(folder, name):
    import numpy as np
    for candidate in (name, name.replace("-idx", ".idx")):
        for suffix, opener in (("", open), (".gz", gzip.open)):
            path = os.path.join(folder, candidate + suffix)
            if os.path.exists(path):
                with opener(path, "rb") as file:
                    raw = file.read()
                rank = raw[3]
                shape = [int.from_bytes(raw[4 + 4 * i:8 + 4 * i], "big") for i in range(rank)]
                return np.frombuffer(raw, dtype=np.uint8, offset=4 + 4 * rank).reshape(shape)
    raise FileNotFoundError(f"{name} not found in {folder}")


def load_mnist(args):
    """Return train_x, train_y, test_x, test_y: float32 rows in [0, 1], int64 labels."""
    import numpy as np

    def part(prefix, rows):
        x = _read_idx(args.data, f"{prefix}-images-idx3-ubyte")
        y = _read_idx(args.data, f"{prefix}-labels-idx1-ubyte")
        x, y = x[rows(len(x))], y[rows(len(y))]
        return x.reshape(len(x), -1).astype(np.float32) / np.float32(255), y.astype(np.int64)

    def first(count):
        return slice(args.limit)

    def evenly_spaced(count):  # the first 1,000 test images of MNIST are harder than the others
        wanted = min(args.test_limit or count, count)
        return np.arange(wanted) * count // wanted

    return (*part("train", first), *part("t10k", evenly_spaced))


def _batches(rng, n, size, shuffle):
    """One epoch of full batches: index arrays if shuffled, slices if not."""
    if shuffle:
        order = rng.permutation(n)
        for start in range(0, n - size + 1, size):
            yield order[start:start + size]
    else:
        for start in range(0, n - size + 1, size):
            yield slice(start, start + size)


def to_device(args, arrays):
    import torch
    return [torch.from_numpy(a).to(args.device) for a in arrays]


def synchronizer(args):
    """A function that waits until the device has done what was asked of it."""
    if getattr(args, "device", "cpu") == "cpu":
        return lambda: None
    import torch
    return torch.cuda.synchronize


def captured(work):
    """A function that replays what `work` does on the GPU, with the tensors that it uses now, as one CUDA graph.

    `work` runs a few times before it is captured: this is for benchmarks.
    """
    import torch
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):
            work()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        work()
    return graph.replay


def graphed(args, update, *variants):
    """A function step(batch, *variant) that replays update(rows, *variant), captured once for each variant."""
    import torch
    rows = torch.arange(args.batch, device=args.device)
    replays = {variant: captured(lambda variant=variant: update(rows, *variant)) for variant in variants or ((),)}

    def step(batch, *variant):
        rows.copy_(torch.arange(batch.start, batch.stop) if isinstance(batch, slice) else torch.from_numpy(batch))
        replays[variant]()

    return step


def stepper(args, update):
    """A function step(batch) for shuffled batches: update(rows), with the row numbers on the device."""
    import torch
    if args.cuda_graph:
        return graphed(args, update)
    return lambda batch: update(torch.from_numpy(batch).to(args.device))


def train(rule, args, n, step, test_error, *, shuffle=True, warmup_s=0.7):
    """Drive step(batch) and print one JSON line per epoch, or one for a benchmark."""
    import numpy as np
    rng = np.random.default_rng(args.seed)
    synchronize = synchronizer(args)

    def report(**figures):
        line = {"rule": rule, "arch": "-".join(map(str, args.arch)), "batch": args.batch,
                "threads": args.threads, **figures}
        print(json.dumps(line), flush=True)

    if args.bench_seconds and args.bench_evaluation:
        test_error()
        synchronize()
        passes, clock, begin = 0, time.perf_counter, time.perf_counter()
        while clock() - begin < args.bench_seconds:
            test_error()
            passes += 1
        synchronize()
        count = min(args.test_limit or 10000, 10000)
        report(examples_per_s=round(passes * count / (clock() - begin), 1), test_error=None, epochs=0)
        return

    if args.bench_seconds:
        def endless():
            while True:
                yield from _batches(rng, n, args.batch, shuffle)

        stream, clock = endless(), time.perf_counter
        begin = clock()
        while clock() - begin < warmup_s:
            step(next(stream))
        synchronize()
        steps, begin = 0, clock()
        while clock() - begin < args.bench_seconds:
            step(next(stream))
            steps += 1
        synchronize()
        rate = steps * args.batch / (clock() - begin)
        report(examples_per_s=round(rate, 1), epoch_s=round(60000 / rate, 3), test_error=None, epochs=0)
        return

    spent = 0.0
    for epoch in range(1, args.epochs + 1):
        begin = time.perf_counter()
        for batch in _batches(rng, n, args.batch, shuffle):
            step(batch)
        synchronize()
        epoch_s = time.perf_counter() - begin
        spent += epoch_s
        seen = n // args.batch * args.batch
        report(examples_per_s=round(epoch * seen / spent, 1), epoch_s=round(epoch_s, 3),
               test_error=round(test_error(), 5), epochs=epoch)
