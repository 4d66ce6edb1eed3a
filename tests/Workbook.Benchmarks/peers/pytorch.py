"""The same training as a PyTorch user would write it, on one thread: a peer of Workbook.Benchmarks, which starts it and speaks to it in lines of JSON.

    {"do": "hello"}                                         -> versions, and the BLAS under the matrix products (null: none that is optimised)
    {"do": "load", "folder": .., "type": "float64", "n": .., "L": .., "d": .., "mk": .., "mv": ..}
                                                            reads X, y, W_Q, W_K, W_V_pos, W_V_neg: raw float64 in C order, .f64 files
    {"do": "train", "eta": 1e-4, "steps": 900}              -> seconds of that training from W(0) (and of its steps alone), and the loss after it
Any of them may hold "core": from then on this runs on that core.
Dense tensors, automatic differentiation, SignGD under no_grad. The value matrices are averaged over their rows before they meet the data (F depends on
nothing else of them), which PyTorch rewards: it is the faster of the two ways to write the model.
"""
import json
import os
import re
import signal
import sys
import time

signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started it closes its input
import numpy as np
import torch

torch.set_num_threads(1)
NAMES = ("W_Q", "W_K", "W_V_pos", "W_V_neg")


def blas(maps="/proc/self/maps"):
    """The optimised BLAS that PyTorch multiplies with, or None: Debian's PyTorch takes whatever libblas.so.3 is, which may be the reference BLAS."""
    torch.ones(2, 2, dtype=torch.float64) @ torch.ones(2, 2, dtype=torch.float64)
    if torch.backends.mkl.is_available():
        return "MKL"
    try:
        with open(maps) as lines:
            found = set(re.findall(r"/\S*(?:blas|libmkl_|blis|atlas|armpl|nvpl)\S*\.so\S*", lines.read()))
        # Where a libblas.so is loaded, the products are its: Debian's alternatives lie in folders named after what they are.
        system = [path for path in found if os.path.basename(path).startswith("libblas.so")]
        for path in sorted(system or found):
            known = re.search(r"openblas|mkl|blis|atlas|armpl|nvpl", path)
            if known:
                return known.group()
        if system:
            return None
    except OSError:
        pass
    # Linked in: the build says which. "generic" is the system's libblas, looked for above.
    built = re.search(r"BLAS_INFO=(\w+)", torch.__config__.show())
    return built.group(1) if built and built.group(1) != "generic" else None


def loss(W, X, y):
    """The mean of log(1 + exp(-y F)), X [n, L, d]."""
    n, L, d = X.shape
    flat = X.view(n * L, d)
    Q, K, V_pos, V_neg = W
    q = (flat @ Q.T).view(n, L, -1)
    k = (flat @ K.T).view(n, L, -1)
    s = torch.softmax(q @ k.transpose(1, 2), dim=2)
    u = (flat @ (V_pos.mean(0) - V_neg.mean(0))).view(n, L, 1)
    F = (s @ u).sum(dim=(1, 2))
    return torch.nn.functional.softplus(-y * F).mean()


def train(W0, X, y, eta, steps):
    start = time.perf_counter()
    W = [w.clone().requires_grad_() for w in W0]
    begin = time.perf_counter()
    for _ in range(steps):
        for w in W:
            w.grad = None
        loss(W, X, y).backward()
        with torch.no_grad():
            for w in W:
                w.sub_(w.grad.sign_(), alpha=eta)
    end = time.perf_counter()
    with torch.no_grad():
        value = loss(W, X, y).item()
    return dict(seconds=time.perf_counter() - start, stepping=end - begin, loss=value)


def main():
    X = y = W0 = None
    for line in sys.stdin:
        ask = json.loads(line)
        if "core" in ask and hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, {ask["core"]})
        if ask["do"] == "hello":
            answer = dict(torch=torch.__version__, numpy=np.__version__, python=sys.version.split()[0], threads=torch.get_num_threads(), blas=blas())
        elif ask["do"] == "load":
            n, L, d = ask["n"], ask["L"], ask["d"]
            dtype = getattr(torch, ask["type"])

            def read(name, *shape):
                return torch.from_numpy(np.fromfile(os.path.join(ask["folder"], name + ".f64")).reshape(shape)).to(dtype)

            X, y = read("X", n, L, d), read("y", n)
            W0 = [read(name, ask["mk"] if name in NAMES[:2] else ask["mv"], d) for name in NAMES]
            answer = dict(ready=True)
        else:
            answer = train(W0, X, y, ask["eta"], ask["steps"])
        print(json.dumps(answer), flush=True)


main()
