"""Trains the two-layer transformer by PyTorch's automatic differentiation in float64, as plainly as possible.

It shares no code with the library and knows nothing of its gradients, reductions or engines: the model is written down, PyTorch
differentiates it, the optimizers are three lines each. What it writes is what the library's engines are held to.

    python3 oracle.py golden                      rewrites golden/*.npz beside this file (a failing comparison is no reason to do so)
    python3 oracle.py check                       the oracle against itself: torch.optim.Adam, finite differences, reordered sums
    python3 oracle.py draw --seed 7 --out in.npz  data and initial weights
    python3 oracle.py run --input in.npz --optimizer signgd|gd|adam --eta 2e-3 --steps 300 --record-every 5 --out out.npz

Arrays, all float64 in C order. In: X [n,2,d], y [n], W_Q [m_k,d], W_K [m_k,d], W_V_pos [m_v,d], W_V_neg [m_v,d], and if they are there mu [d]
(default e_1) and signal_patch [n] (default: the patch that is +mu or -mu). Out: what came in; eta, beta1, beta2, eps, steps; for the recorded
steps t [T], train_loss [T], query_signal, key_signal [T,m_k], query_noise, key_noise [T,n,m_k] (times y_i), value_signal [T], value_noise [T,n]
(times y_i), s11, s21, log_s11, log_s21 [T,n], min_abs_sign_margin [T] (the smallest
since the row before); final_W_Q and so on. Row t is the state before update t.
"""
import argparse
import os
import zipfile

import numpy as np
import torch

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
WEIGHTS = ("W_Q", "W_K", "W_V_pos", "W_V_neg")
HERE = os.path.dirname(os.path.abspath(__file__))


def draw(seed, d=60, n=8, s=6, mk=5, mv=4, sigma_p=2.0, sigma_0=1e-2):
    """Data and weights of the signal-noise model with independent supports: at the default sizes many coordinates are shared."""
    rng = np.random.default_rng(seed)
    y = rng.choice([-1.0, 1.0], size=n)
    signal_patch = rng.integers(0, 2, size=n)
    X = np.zeros((n, 2, d))
    for i in range(n):
        X[i, signal_patch[i], 0] = y[i]
        support = 1 + rng.choice(d - 1, size=s, replace=False)
        X[i, 1 - signal_patch[i], support] = sigma_p * rng.standard_normal(s)
    shapes = dict(W_Q=(mk, d), W_K=(mk, d), W_V_pos=(mv, d), W_V_neg=(mv, d))
    weights = {name: sigma_0 * rng.standard_normal(shape) for name, shape in shapes.items()}
    return dict(X=X, y=y, mu=np.eye(d)[0], signal_patch=signal_patch.astype(float), **weights)


def scores(W, X):
    """z[i, a, b] = <W_Q x_a, W_K x_b>: query a on key b."""
    return (X @ W["W_Q"].T) @ (X @ W["W_K"].T).transpose(1, 2)


def model(W, X):
    """F(W, X_i) for every sample, [n].

    F_j = (1/m_v) sum over rows, queries a and keys b of (W_V_j x_b) s_ab. Because a row of s sums to 1, sum_b s_b u_b = u_r + sum_b s_b (u_b - u_r) for
    any r; r is the key with the most attention. Without this, the derivative of a softmax output near 1 is the difference
    of two numbers that are equal in float64, and its sign is lost once the other output is below 1e-16.
    """
    z = scores(W, X)
    s = torch.softmax(z, dim=2)
    r = z.detach().argmax(dim=2, keepdim=True)
    F = 0.0
    for j, name in ((+1, "W_V_pos"), (-1, "W_V_neg")):
        u = (X @ W[name].T).mean(dim=2)                          # [n, b]
        u = u[:, None, :].expand_as(s)                           # [n, a, b]
        u_r = u.gather(2, r)
        F = F + j * (u_r + (s * (u - u_r)).sum(2, keepdim=True)).sum(dim=(1, 2))
    return F


def loss(W, X, y):
    return -torch.nn.functional.logsigmoid(y * model(W, X)).mean()


def gradient(W, X, y):
    leaves = {name: w.detach().clone().requires_grad_() for name, w in W.items()}
    value = loss(leaves, X, y)
    return value.item(), dict(zip(leaves, torch.autograd.grad(value, list(leaves.values()))))


class SignGD:
    def __init__(self, eta):
        self.eta = eta

    def step(self, W, G):
        return {k: W[k] - self.eta * torch.sign(G[k]) for k in W}


class GD(SignGD):
    def step(self, W, G):
        return {k: W[k] - self.eta * G[k] for k in W}


class Adam:
    """m_hat / (sqrt(v_hat) + eps), bias-corrected. A coordinate whose gradient has always been 0 does not move, also with eps = 0."""

    def __init__(self, eta, beta1=0.9, beta2=0.999, eps=1e-8):
        self.eta, self.beta1, self.beta2, self.eps = eta, beta1, beta2, eps
        self.t, self.m, self.v = 0, {}, {}

    def step(self, W, G):
        self.t += 1
        new = {}
        for k, g in G.items():
            self.m[k] = self.beta1 * self.m.get(k, 0) + (1 - self.beta1) * g
            self.v[k] = self.beta2 * self.v.get(k, 0) + (1 - self.beta2) * g * g
            m_hat = self.m[k] / (1 - self.beta1 ** self.t)
            v_hat = self.v[k] / (1 - self.beta2 ** self.t)
            direction = torch.where(self.v[k] == 0, torch.zeros_like(g), m_hat / (torch.sqrt(v_hat) + self.eps))
            new[k] = W[k] - self.eta * direction
        return new


def sign_margin(W, X, y, G):
    """The smallest |gradient| over all coordinates that are not exactly 0, each relative to the sum of the absolute values of all the products
    that its gradient is a sum of. Rounding can turn a sign only where this is near 1e-16."""
    s = torch.softmax(scores(W, X), dim=2)
    rate = torch.sigmoid(-y * model(W, X)) / len(y)              # |l'_i| / n
    A = {k: w.abs() for k, w in W.items()}
    x = X.abs()
    values = (x @ (A["W_V_pos"].mean(0) + A["W_V_neg"].mean(0))).sum(1)
    z = (rate * values)[:, None] * s[:, :, 0] * s[:, :, 1]       # [n, a]: bound on the size of the terms of dL/dz_ab
    q, k = x @ A["W_Q"].T, x @ A["W_K"].T                        # [n, a, m_k]
    size = {
        "W_Q": torch.einsum("ia,iak,ibl->lk", z, x, k),
        "W_K": torch.einsum("ia,ibk,ial->lk", z, x, q),
        "W_V_pos": (torch.einsum("i,iab,ibk->k", rate, s, x) / len(W["W_V_pos"])).expand_as(W["W_V_pos"]),
        "W_V_neg": (torch.einsum("i,iab,ibk->k", rate, s, x) / len(W["W_V_neg"])).expand_as(W["W_V_neg"]),
    }
    return min((G[name].abs() / size[name])[G[name] != 0].min().item() for name in W)


def observe(W, X, y, mu, signal_patch):
    """The six families of inner products and the softmax outputs of one state."""
    rows = torch.arange(len(y))
    xi = X[rows, 1 - signal_patch]
    v = W["W_V_pos"].mean(0) - W["W_V_neg"].mean(0)
    log_s = torch.log_softmax(scores(W, X), dim=2)
    log_s11 = log_s[rows, signal_patch, signal_patch]
    log_s21 = log_s[rows, 1 - signal_patch, signal_patch]
    return dict(
        query_signal=W["W_Q"] @ mu, key_signal=W["W_K"] @ mu,
        query_noise=y[:, None] * (xi @ W["W_Q"].T), key_noise=y[:, None] * (xi @ W["W_K"].T),
        value_signal=v @ mu, value_noise=y * (xi @ v),
        s11=log_s11.exp(), s21=log_s21.exp(), log_s11=log_s11, log_s21=log_s21)


def train(given, optimizer, steps, recorded):
    """Runs the optimizer and returns a dictionary of what came in, the trajectory and the final weights."""
    X, y, mu = (torch.tensor(given[k]) for k in ("X", "y", "mu"))
    signal_patch = torch.tensor(given["signal_patch"]).long()
    W = {k: torch.tensor(given[k]) for k in WEIGHTS}
    rows, margin = [], np.inf
    for t in range(steps + 1):
        value, G = gradient(W, X, y)
        margin = min(margin, sign_margin(W, X, y, G))            # over the steps since the row before
        if t in recorded:
            rows.append(dict(t=float(t), train_loss=value, min_abs_sign_margin=margin, **observe(W, X, y, mu, signal_patch)))
            margin = np.inf
        if t < steps:
            W = optimizer.step(W, G)
    out = dict(given, eta=optimizer.eta, steps=float(steps))
    out.update({k: getattr(optimizer, k) for k in ("beta1", "beta2", "eps") if hasattr(optimizer, k)})
    out.update({k: np.stack([np.asarray(row[k]) for row in rows]) for k in rows[0]})
    out.update({"final_" + k: w.numpy() for k, w in W.items()})
    return out


def schedule(steps, every, first=0):
    """Every `every`-th step, all of the first `first`, and the last."""
    return {t for t in range(steps + 1) if t % every == 0 or t <= first or t == steps}


def load(path):
    with np.load(path, allow_pickle=False) as f:
        given = {k: np.ascontiguousarray(f[k], dtype=float) for k in f.files if k in ("X", "y", "mu", "signal_patch") + WEIGHTS}
    n, L, d = given["X"].shape
    if L != 2:
        raise SystemExit(f"{path}: X has {L} patches; this program takes 2")
    given.setdefault("mu", np.eye(d)[0])
    if "signal_patch" not in given:
        is_mu = np.all(np.abs(given["X"] @ given["mu"])[:, :, None] * given["mu"] == np.abs(given["X"]), axis=2) & (np.abs(given["X"]).sum(2) > 0)
        if not np.all(is_mu.sum(1) == 1):
            raise SystemExit(f"{path}: not every sample has exactly one patch that is +mu or -mu; give signal_patch")
        given["signal_patch"] = is_mu.argmax(1).astype(float)
    return given


def save(path, arrays):
    """As numpy.savez_compressed, without the time of day: the same arrays give the same file."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, value in arrays.items():
            entry = zipfile.ZipInfo(name + ".npy", (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(entry, "w") as f:
                np.lib.format.write_array(f, np.asarray(value, dtype=float, order="C"), allow_pickle=False)


GOLDEN = {
    "signgd": lambda: SignGD(2e-3),
    "gd": lambda: GD(0.5),
    "adam": lambda: Adam(2e-3),
    "adam-eps0": lambda: Adam(2e-3, eps=0.0),
}
GOLDEN_SEED, GOLDEN_STEPS = 4870, 300


def golden(folder):
    os.makedirs(folder, exist_ok=True)
    for name, make in GOLDEN.items():
        out = train(draw(GOLDEN_SEED), make(), GOLDEN_STEPS, schedule(GOLDEN_STEPS, 5, first=20))
        path = os.path.join(folder, name + ".npz")
        save(path, out)
        print(f"{name:10} loss {out['train_loss'][-1]:.3e}  smallest sign margin {out['min_abs_sign_margin'].min():.1e}  {os.path.getsize(path)} bytes")


def check():
    given = draw(GOLDEN_SEED)
    X, y = torch.tensor(given["X"]), torch.tensor(given["y"])
    W = {k: torch.tensor(given[k]) for k in WEIGHTS}

    # The gradient against central differences, at a state where attention matters.
    big = {k: 30 * w for k, w in W.items()}
    _, G = gradient(big, X, y)
    worst, h = 0.0, 1e-5
    for name in WEIGHTS:
        for index in np.ndindex(*big[name].shape):
            ends = []
            for sign in (+1, -1):
                moved = {k: w.clone() for k, w in big.items()}
                moved[name][index] += sign * h
                ends.append(loss(moved, X, y).item())
            worst = max(worst, abs((ends[0] - ends[1]) / (2 * h) - G[name][index].item()))
    scale = max(g.abs().max().item() for g in G.values())
    print(f"gradient against central differences: {worst / scale:.1e} of the largest entry")
    assert worst < 1e-7 * scale

    # Adam written out against torch.optim.Adam.
    ours, leaves = Adam(2e-3), {k: w.clone().requires_grad_() for k, w in W.items()}
    theirs = torch.optim.Adam(leaves.values(), lr=2e-3, betas=(0.9, 0.999), eps=1e-8)
    V = dict(W)
    for _ in range(100):
        V = ours.step(V, gradient(V, X, y)[1])
        theirs.zero_grad()
        loss(leaves, X, y).backward()
        theirs.step()
    worst = max((V[k] - leaves[k].detach()).abs().max().item() for k in WEIGHTS)
    print(f"Adam against torch.optim.Adam, 100 steps: weights differ by {worst:.1e}")
    assert worst < 1e-12

    # The same run with every sum taken in another order shows how far rounding alone carries the trajectory
    # (the loss relative to itself, a family relative to its largest member).
    rng = np.random.default_rng(1)
    samples, coordinates, heads = rng.permutation(len(y)), rng.permutation(X.shape[2]), rng.permutation(given["W_Q"].shape[0])
    other = dict(given)
    other["X"] = given["X"][samples][:, ::-1][:, :, coordinates]
    other["y"], other["signal_patch"], other["mu"] = given["y"][samples], 1 - given["signal_patch"][samples], given["mu"][coordinates]
    for k in WEIGHTS:
        other[k] = given[k][:, coordinates] if k.startswith("W_V") else given[k][heads][:, coordinates]
    other = {k: np.ascontiguousarray(a) for k, a in other.items()}
    everything = schedule(GOLDEN_STEPS, 1)
    for name, make in GOLDEN.items():
        a, b = train(given, make(), GOLDEN_STEPS, everything), train(other, make(), GOLDEN_STEPS, everything)
        differ = {}
        for k in ("train_loss", "value_signal", "value_noise", "query_signal", "key_signal", "query_noise", "key_noise", "log_s21"):
            one = a[k]
            if k in ("query_signal", "key_signal"):
                one = one[:, heads]
            elif k in ("query_noise", "key_noise"):
                one = one[:, samples][:, :, heads]
            elif k in ("value_noise", "log_s21"):
                one = one[:, samples]
            relative = np.abs(one - b[k]) / np.abs(one if k == "train_loss" else np.abs(one).max())
            differ[k] = relative.max()
        print(f"{name:10} reordered sums: " + "  ".join(f"{k} {v:.0e}" for k, v in differ.items())
              + f"  smallest sign margin {a['min_abs_sign_margin'].min():.1e}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("golden").add_argument("--folder", default=os.path.join(HERE, "golden"))
    commands.add_parser("check")
    sizes = argparse.ArgumentParser(add_help=False)
    sizes.add_argument("--seed", type=int, default=0)
    for name, default in (("d", 60), ("n", 8), ("s", 6), ("mk", 5), ("mv", 4)):
        sizes.add_argument("--" + name, type=int, default=default)
    sizes.add_argument("--sigma-p", type=float, default=2.0)
    sizes.add_argument("--sigma-0", type=float, default=1e-2)
    commands.add_parser("draw", parents=[sizes]).add_argument("--out", required=True)
    run = commands.add_parser("run", parents=[sizes])
    run.add_argument("--input", help="an .npz with data and weights; without it they are drawn from --seed")
    run.add_argument("--optimizer", choices=["signgd", "gd", "adam"], required=True)
    run.add_argument("--eta", type=float, required=True)
    run.add_argument("--beta1", type=float, default=0.9)
    run.add_argument("--beta2", type=float, default=0.999)
    run.add_argument("--eps", type=float, default=1e-8)
    run.add_argument("--steps", type=int, required=True)
    run.add_argument("--record-every", type=int, default=1)
    run.add_argument("--out", required=True)
    args = parser.parse_args()

    if args.command == "golden":
        golden(args.folder)
    elif args.command == "check":
        check()
    else:
        drawn = lambda: draw(args.seed, args.d, args.n, args.s, args.mk, args.mv, args.sigma_p, args.sigma_0)
        if args.command == "draw":
            save(args.out, drawn())
        else:
            optimizer = {"signgd": lambda: SignGD(args.eta), "gd": lambda: GD(args.eta),
                         "adam": lambda: Adam(args.eta, args.beta1, args.beta2, args.eps)}[args.optimizer]()
            save(args.out, train(load(args.input) if args.input else drawn(), optimizer, args.steps, schedule(args.steps, args.record_every)))


if __name__ == "__main__":
    main()
