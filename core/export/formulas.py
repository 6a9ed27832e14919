"""The update rules of the exported scripts, in the letters of the engine's classes.

Their operations stand in the engine's order, so that results agree to the last bit. Marks as in
`core.export.templates`.
"""

from typing import NamedTuple


class Rule(NamedTuple):
    """An update rule: what it remembers, its lines (x parameters, g gradient, t number of the update).

    torch: its name in torch.optim; empty where torch has not this rule (its Muon rounds to bfloat16).
    """

    state: str
    lines: str
    torch: str = ""


COUPLED = "g = g + weight_decay * x  #? weight_decay\n"
EITHER = """g = g + weight_decay * x  #? weight_decay !decoupled_weight_decay
x *= 1 - lr * weight_decay  #? weight_decay decoupled_weight_decay
"""
MOMENTS = """m[:] = beta1 * m + (1 - beta1) * g
v[:] = beta2 * v + (1 - beta2) * (g * g)
"""
ADAM = """c = math.sqrt(1 - beta2**t)  # the bias corrections, folded into eps and lr
x -= lr * c / (1 - beta1**t) * (m / (np.sqrt(v) + c * eps))
"""

STARTS = {  # of what a rule remembers; all else starts as np.zeros_like(x)
    "M": "np.ones(1)",
    "pairs": "[]",
    "r": """np.zeros_like(x[:, :1])  #? !normalization
np.zeros_like(x if x.ndim == 1 else x[:, :1])  #? normalization""",
    "c": "np.zeros_like(x[:1])",
}

RULES = {
    "sgd": Rule("", COUPLED + "x -= lr * g", "SGD"),
    "momentum": Rule(
        "v",
        COUPLED
        + """v[:] = g if t == 1 else momentum * v + g  #? !dampening
v[:] = g if t == 1 else momentum * v + (1 - dampening) * g  #? dampening
x -= lr * v""",
        "SGD",
    ),
    "nesterov": Rule(
        "v",
        COUPLED + "v[:] = g if t == 1 else momentum * v + g\nx -= lr * (g + momentum * v)",
        "SGD",
    ),
    "adagrad": Rule(
        "a",
        COUPLED
        + """a += initial_accumulator_value if t == 1 else 0  #? initial_accumulator_value
a += g * g
x -= lr * (g / (np.sqrt(a) + eps))  #? !lr_decay
x -= lr / (1 + (t - 1) * lr_decay) * (g / (np.sqrt(a) + eps))  #? lr_decay""",
        "Adagrad",
    ),
    "adadelta": Rule(
        "v u",
        COUPLED
        + """v[:] = rho * v + (1 - rho) * (g * g)
d = np.sqrt((u + eps) / (v + eps)) * g
u[:] = rho * u + (1 - rho) * (d * d)
x -= lr * d""",
        "Adadelta",
    ),
    "rmsprop": Rule(
        "v a b",
        COUPLED
        + """v[:] = alpha * v + (1 - alpha) * (g * g)
d = g / (np.sqrt(v) + eps)  #? !centered
a[:] = alpha * a + (1 - alpha) * g  #? centered
d = g / (np.sqrt(np.maximum(v - a * a, 0)) + eps)  #? centered
b[:] = momentum * b + d  #? momentum
x -= lr * b  #? momentum
x -= lr * d  #? !momentum""",
        "RMSprop",
    ),
    "adam": Rule("m v", COUPLED + MOMENTS + ADAM, "Adam"),
    "adamw": Rule("m v", "x *= 1 - lr * weight_decay  #? weight_decay\n" + MOMENTS + ADAM, "AdamW"),
    "amsgrad": Rule(
        "m v v_max",
        COUPLED + MOMENTS + "v_max[:] = np.maximum(v_max, v)\n" + ADAM.replace("(v)", "(v_max)"),
        "Adam",
    ),
    "adamax": Rule(
        "m u",
        COUPLED
        + """m[:] = beta1 * m + (1 - beta1) * g
u[:] = np.maximum(beta2 * u, np.abs(g) + eps)
x -= lr / (1 - beta1**t) * (m / u)""",
        "Adamax",
    ),
    "nadam": Rule(
        "m v M",
        EITHER
        + MOMENTS
        + """mu, mu_next = (beta1 * (1 - 0.5 * 0.96 ** (k * momentum_decay)) for k in (t, t + 1))
M *= mu
c = math.sqrt(1 - beta2**t)
step = lr * c * (1 - mu) / (1 - M) * g + lr * c * mu_next / (1 - M * mu_next) * m
x -= step / (np.sqrt(v) + c * eps)""",
        "NAdam",
    ),
    "radam": Rule(
        "m v",
        EITHER
        + MOMENTS
        + """rho_inf = 2 / (1 - beta2) - 1
rho = rho_inf - 2 * t * beta2**t / (1 - beta2**t)
if rho > 5:
    r2 = (rho - 4) * (rho - 2) * rho_inf / ((rho_inf - 4) * (rho_inf - 2) * rho)
    x -= lr / (1 - beta1**t) * math.sqrt(r2 * (1 - beta2**t)) * (m / (np.sqrt(v) + eps))
else:
    x -= lr / (1 - beta1**t) * m""",
        "RAdam",
    ),
    "rprop": Rule(
        "step sign",
        """step += lr if t == 1 else 0
s = np.sign(g)
same = s * sign
step[same > 0] *= etaplus
step[same < 0] *= etaminus
step[:] = np.clip(step, step_min, step_max)
s[same < 0] = 0
sign[:] = s
x -= s * step""",
        "Rprop",
    ),
    "asgd": Rule(
        "",
        COUPLED
        + """eta = lr / (1 + lambd * lr * (t - 1)) ** alpha
x *= 1 - lambd * eta
x -= eta * g  # the average of x, which nothing here asks for, is left out""",
        "ASGD",
    ),
    "lion": Rule(
        "m",
        """u = np.sign(beta1 * m + (1 - beta1) * g)
x *= 1 - lr * weight_decay  #? weight_decay
x -= lr * u
m[:] = beta2 * m + (1 - beta2) * g""",
    ),
    "adafactor": Rule(
        "r c",
        """alpha = max(eps2, np.sqrt((x * x).sum(axis=-1).sum() / x.size)) * min(lr, 1 / math.sqrt(t))
x *= 1 - lr * weight_decay  #? weight_decay
w = np.power(float(t), beta2_decay)
if x.ndim == 1:  # a vector: r is its V  #? normalization
    r += w * (g * g - r)  #? normalization
    V = r  #? normalization
else:  #? normalization
    r += w * ((g * g).mean(axis=1, keepdims=True) - r)  #? normalization
    c += w * ((g * g).mean(axis=0, keepdims=True) - c)  #? normalization
    V = r * c / max(r.mean(), eps1)  #? normalization
r += w * ((g * g).mean(axis=1, keepdims=True) - r)  #? !normalization
c += w * ((g * g).mean(axis=0, keepdims=True) - c)  #? !normalization
V = r * c / max(r.mean(), eps1)  #? !normalization
u = g / np.sqrt(np.maximum(V, eps1**2))
x -= alpha / max(1.0, np.sqrt((u * u).sum(axis=-1).sum() / u.size) / d) * u""",
        "Adafactor",
    ),
    "muon": Rule(
        "B",
        """B[:] = momentum * B + (1 - momentum) * g
U = momentum * B + (1 - momentum) * g  #? nesterov
U = B  #? !nesterov
U = np.atleast_2d(U)  #? normalization
rows, cols = U.shape
X = (U if rows <= cols else U.T).copy()
peak = abs(X).max() or 1.0  # so that no square overflows
X = X / peak
X = X / max(np.sqrt((X * X).sum()), eps / peak)
a, b, c = ns_coefficients
for _ in range(ns_steps):
    G = X @ X.T
    X = a * X + (b * G + c * (G @ G)) @ X
x *= 1 - lr * weight_decay  #? weight_decay
scale = 0.2 * math.sqrt(max(rows, cols))  #? match_rms_adamw
scale = math.sqrt(max(1.0, rows / cols))  #? !match_rms_adamw
x -= (lr * scale * (X if rows <= cols else X.T)).reshape(x.shape)  #? normalization
x -= lr * scale * (X if rows <= cols else X.T)  #? !normalization""",
    ),
    "lbfgs": Rule(
        "s g_old pairs",
        """if abs(g).max() <= tolerance_grad:
    return
first = not g_old.any()
y = g - g_old
if not first and s @ y > 1e-10:
    pairs.append((s.copy(), y))
    del pairs[:-history_size]
d, alphas = -g, []
for s_i, y_i in reversed(pairs):
    alphas.append(s_i @ d / (s_i @ y_i))
    d -= alphas[-1] * y_i
if pairs:
    s_i, y_i = pairs[-1]
    d *= s_i @ y_i / (y_i @ y_i)
for (s_i, y_i), alpha in zip(pairs, reversed(alphas)):
    d += (alpha - y_i @ d / (s_i @ y_i)) * s_i
g_old[:] = g
s[:] = 0
if g @ d <= -tolerance_change:
    s[:] = (min(1, 1 / abs(g).sum()) * lr if first else lr) * d
x += s""",
        "LBFGS",
    ),
}
