"""Several heads and deeper models by PyTorch's automatic differentiation in float64: what the library's blocks and engines are held to.

It shares no code with the library. Everything is written from the definitions (no packed projections, no gradients, no reductions):

    heads    F = (1/m_v) sum_g sum_l 1^T W_V^g X softmax(X^T W_K^gT W_Q^g x_l); head g has rows g m_k/h .. of W_Q, W_K and g m_v/h .. of each W_V
    depth    layer 1 as in oracle.py, H = W_V X softmax(..) with W_V = [W_V_pos; W_V_neg]; layers 2..: H <- [H +] A(N(H)), H <- [H +] M(N(H)),
             A = W_V Z softmax((W_K Z)^T W_Q Z / sqrt(m_k)), M = W_2 relu(W_1 Z), N(h) = g h / sqrt(mean h^2 + 1e-12);
             F = (1/m_v) sum_l (first m_v rows - last m_v rows of H)

    python3 deep_oracle.py golden                               rewrites golden/heads-*.npz and golden/deep-*.npz (a failing comparison is no reason to)
    python3 deep_oracle.py run --input in.npz --out out.npz     trains what in.npz describes
    python3 deep_oracle.py block --input in.npz --out out.npz   one block: kind by name, its inputs and the slope of its output

Arrays of run, float64 in C order: X [n,2,d], y [n], W_Q, W_K [m_k,d], W_V_pos, W_V_neg [m_v,d]; heads (0: a deeper model), depth, residual, norm,
rule (0 SignGD, 1 GD, 2 Adam), eta, eps, steps; weights above as "2.W_Q" and so on. Out: what came in, train_loss [steps+1], gradient_NAME (at step 0), final_NAME.
"""
import argparse
import os

import numpy as np
import torch

from oracle import Adam, GD, HERE, SignGD, draw, save

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
FIRST = ("W_Q", "W_K", "W_V_pos", "W_V_neg")


def attend(q, k, v, scale):
    """Softmax attention over the tokens of each sample; relative to the key with most attention, as oracle.py explains."""
    s = torch.softmax(scale * q @ k.transpose(1, 2), dim=2)                  # [n, a, b]
    r = s.detach().argmax(dim=2)                                             # [n, a]
    top = torch.gather(v, 1, r[:, :, None].expand(-1, -1, v.shape[2]))      # [n, a, w]
    return top + torch.einsum("nab,nabw->naw", s, v[:, None, :, :] - top[:, :, None, :])


def rms(h, gain):
    return gain.flatten() * h / torch.sqrt((h * h).mean(dim=2, keepdim=True) + 1e-12)


def multi_head(W, X, heads):
    F = 0.0
    for g in range(heads):
        part = {name: W[name].chunk(heads)[g] for name in FIRST}
        for j, name in ((+1, "W_V_pos"), (-1, "W_V_neg")):
            F = F + j * attend(X @ part["W_Q"].T, X @ part["W_K"].T, X @ part[name].T, 1.0).sum(dim=(1, 2)) / len(W[name])
    return F


def deep(W, X, depth, residual, norm):
    m_k, m_v = len(W["W_Q"]), len(W["W_V_pos"])
    H = attend(X @ W["W_Q"].T, X @ W["W_K"].T, X @ torch.cat([W["W_V_pos"], W["W_V_neg"]]).T, 1.0)
    for layer in range(2, depth + 1):
        w = lambda name: W[f"{layer}.{name}"]
        Z = rms(H, w("g_A")) if norm else H
        A = attend(Z @ w("W_Q").T, Z @ w("W_K").T, Z @ w("W_V").T, m_k ** -0.5)
        H = H + A if residual else A
        Z = rms(H, w("g_M")) if norm else H
        M = torch.relu(Z @ w("W_1").T) @ w("W_2").T
        H = H + M if residual else M
    return (H[:, :, :m_v].sum(dim=(1, 2)) - H[:, :, m_v:].sum(dim=(1, 2))) / m_v


def loss(W, given):
    X, y = torch.tensor(given["X"]), torch.tensor(given["y"])
    heads = int(given["heads"])
    F = multi_head(W, X, heads) if heads else deep(W, X, int(given["depth"]), bool(given["residual"]), bool(given["norm"]))
    return -torch.nn.functional.logsigmoid(y * F).mean()


def gradient(W, given):
    leaves = {name: w.detach().clone().requires_grad_() for name, w in W.items()}
    value = loss(leaves, given)
    return value.item(), dict(zip(leaves, torch.autograd.grad(value, list(leaves.values()))))


def train(given):
    W = {k: torch.tensor(v) for k, v in given.items() if k in FIRST or k[0].isdigit()}
    eta = float(given["eta"])
    rule = (SignGD(eta), GD(eta), Adam(eta, eps=float(given["eps"])))[int(given["rule"])]
    losses, out = [], dict(given)
    for t in range(int(given["steps"]) + 1):
        value, G = gradient(W, given)
        losses.append(value)
        if t == 0:
            out.update({"gradient_" + k: g.numpy() for k, g in G.items()})
        if t < int(given["steps"]):
            W = rule.step(W, G)
    out["train_loss"] = np.array(losses)
    out.update({"final_" + k: w.numpy() for k, w in W.items()})
    return out


def block(given):
    """One block: forward on its inputs, backward from the given slope of the output."""
    kind, slope = next(k[5:] for k in given if k.startswith("kind_")), torch.tensor(given["slope"])
    names = [k for k in given if k not in ("slope", "scale", "kind_" + kind)]
    T = {k: torch.tensor(given[k]).requires_grad_() for k in names}
    out = {
        "attention": lambda: attend(T["q"], T["k"], T["v"], float(given["scale"])),
        "mlp": lambda: torch.relu(T["z"] @ T["W_1"].T) @ T["W_2"].T,
        "rms": lambda: rms(T["x"], T["gain"]),
        "linear": lambda: T["x"] @ T["w"].T,
        "readout": lambda: (T["h"].chunk(2, dim=2)[0] - T["h"].chunk(2, dim=2)[1]).sum(dim=(1, 2)) / (T["h"].shape[2] // 2),
    }[kind]()
    grads = torch.autograd.grad(out, [T[k] for k in names], slope)
    return {"out": out.detach().numpy(), **{"d_" + k: g.numpy() for k, g in zip(names, grads)}}


def upper(rng, depth, m_k, m_v, hidden, norm):
    """Weights above layer 1, N(0, 1 / columns), gains near 1."""
    w, out = 2 * m_v, {}
    for layer in range(2, depth + 1):
        for name, shape in (("W_Q", (m_k, w)), ("W_K", (m_k, w)), ("W_V", (w, w)), ("W_1", (hidden, w)), ("W_2", (w, hidden))):
            out[f"{layer}.{name}"] = rng.standard_normal(shape) / np.sqrt(shape[1])
        if norm:
            for name in ("g_A", "g_M"):
                out[f"{layer}.{name}"] = 1 + 0.1 * rng.standard_normal((w, 1))
    return out


GOLDEN = {
    "heads-signgd": dict(heads=2, rule=0, eta=2e-3),
    "heads-adam": dict(heads=4, rule=2, eta=2e-3),
    "deep-plain-gd": dict(heads=0, depth=3, residual=0, norm=0, rule=1, eta=0.1),
    "deep-residual-adam": dict(heads=0, depth=3, residual=1, norm=0, rule=2, eta=1e-3),
    "deep-rms-signgd": dict(heads=0, depth=3, residual=1, norm=1, rule=0, eta=1e-3),
    "deep-rms-plain-adam": dict(heads=0, depth=2, residual=0, norm=1, rule=2, eta=1e-3),
}


def golden(folder):
    for number, (name, change) in enumerate(GOLDEN.items()):
        given = {k: v for k, v in draw(100 + number, mk=4, mv=4, d=40, n=6).items() if k in FIRST + ("X", "y")}
        setting = dict(dict(heads=0, depth=1, residual=0, norm=0, rule=0, eta=1e-3, eps=1e-8, steps=40), **change)
        given.update({k: np.float64(v) for k, v in setting.items()})
        given.update(upper(np.random.default_rng(number), int(setting["depth"]), 4, 4, 6, setting["norm"]))
        out = train(given)
        path = os.path.join(folder, name + ".npz")
        save(path, out)
        print(f"{name:20} loss {out['train_loss'][0]:.4f} -> {out['train_loss'][-1]:.4f}  {os.path.getsize(path)} bytes")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("golden").add_argument("--folder", default=os.path.join(HERE, "golden"))
    for name in ("run", "block"):
        command = commands.add_parser(name)
        command.add_argument("--input", required=True)
        command.add_argument("--out", required=True)
    args = parser.parse_args()
    if args.command == "golden":
        golden(args.folder)
        return
    with np.load(args.input, allow_pickle=False) as f:
        given = {k: np.ascontiguousarray(f[k], dtype=float) if f[k].ndim else f[k] for k in f.files}
    save(args.out, (train if args.command == "run" else block)(given))


if __name__ == "__main__":
    main()
