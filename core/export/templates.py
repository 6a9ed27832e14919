"""The frame of the exported scripts: templates in which each line says which runs need it.

A line that ends in `#? a !b` belongs to the script of a run that has the trait a and not b, and takes the block
indented below it along; `$name` is filled in."""

IMPORTS = {  # what a script imports, by what tells that it needs it
    "base64.": "import base64",
    "math.": "import math",
    "zlib.": "import zlib",
    "bisect_right(": "from bisect import bisect_right",
    "pairwise(": "from itertools import pairwise",
    "": "",
    "np.": "import numpy as np",
    "torch.set_default": "import torch",
    "ndtr(": "from scipy.special import ndtr",
    "train_test_split(": "from sklearn.model_selection import train_test_split",
    "StandardScaler(": "from sklearn.preprocessing import StandardScaler",
}

OWN = '''
def unpacked(text, *shape):
    """The numbers (float64) that were packed into this file."""
    return np.frombuffer(zlib.decompress(base64.b64decode(text))).reshape(shape).copy()
'''

SPLIT = """
rng = np.random.default_rng(np.random.SeedSequence($data_seed, spawn_key=(99,)))
X, y = $maker(rng, $rows, $noise)  #? generated
X, y = $maker(return_X_y=True)  #? !generated
X = np.hstack([X, rng.standard_normal((len(X), $irrelevant))])  #? irrelevant
room = np.bincount(y).min() >= 2 and $smaller > y.max()  # for every class in both parts  #? classes
X_train, X_test, y_train, y_test = train_test_split(
    X,
    y,
    train_size=$train,
    test_size=$test,
    stratify=y if room else None,  #? classes
    random_state=int(rng.integers(2**31)),
)
scaler = StandardScaler().fit(X_train)
X_train, X_test = scaler.transform(X_train), scaler.transform(X_test)
mean, std = y_train.mean(), y_train.std()  #? !classes
y_train, y_test = (y_train - mean) / std, (y_test - mean) / std  #? !classes
"""

INPUTS = '''
def made(X):
    """The network's inputs, made of the two columns."""
    x1, x2 = X.T
    return np.stack([$columns], axis=1)


scaler = StandardScaler().fit(made(X_train))
X_train, X_test = scaler.transform(made(X_train)), scaler.transform(made(X_test))
'''

START = """
sizes = $sizes
weights_rng, batches_rng, dropout_rng = map(np.random.default_rng, np.random.SeedSequence($seed).spawn(3))
gains = $gains  #? !given
first = [  # the matrices [W|b]  #? !given
    np.hstack([$initializer(weights_rng, n_in, n_out, gain), np.zeros((n_out, 1))])  #? !given
    for (n_in, n_out), gain in zip(pairwise(sizes), gains)  #? !given
]  #? !given
first = [  # the matrices [W|b]  #? given
$first  #? given
]  #? given
"""

BATCHES = '''
def batches(n):  #? mini
    """Numbers of the samples in each mini-batch: without replacement, in a new order each epoch."""
    while True:
        order = batches_rng.permutation(n)
        for start in range(0, n, $batch_size):
            yield order[start : start + $batch_size]
'''

LOOK = """
        $losses
        print(t, train_loss, test_loss, sep=",")
        if not (math.isfinite(train_loss) and $finite):
            print(f"diverged at step {t}")
            break
        metric = $sign$metric  #? plateau
        better = metric < lowest - $threshold  #? plateau
        lowest = metric if better else lowest  #? plateau
        bad = 0 if better$waiting else bad + 1  #? plateau
        waiting = max(waiting - 1, 0)  #? plateau cooldown
        cut = bad > $plateau  #? plateau
        bad = 0 if cut else bad  #? plateau
        waiting = $cooldown if cut else waiting  #? plateau cooldown
        rates.append(max($factor * rates[-1], $min_lr) if cut else rates[-1])  #? plateau
        waited = 0 if validation_loss < best else waited + 1  #? patience
        best = min(best, validation_loss)  #? patience
        if waited >= $patience:  #? patience
            print(f"stopped early at step {t}")
            break
"""

BEFORE = """
steps, frames = $steps, $frames
record = {0} | {round(steps * (frame + 1) / frames) for frame in range(frames)}
batch = batches($samples)  #? mini
rates, lowest, bad = [$lr], np.finfo(float).max, 0  # of the schedule reduce_on_plateau  #? plateau
waiting = 0  #? plateau cooldown
best, waited = math.inf, 0  #? patience

print("step,train_loss,test_loss")
"""

NUMPY = '''
"""$title"""

$imports

np.seterr(all="ignore")  # a run that diverges says so itself


# --- The data ---

$data
codes = $codes  #? coded


def columns(X, y):
    """One column a sample, stored by rows: inputs (features + 1, n), the last row ones for the bias; targets (k, n)."""
    return np.vstack([X.T, np.ones(len(X))]).copy(), np.eye($outputs)[y].T.copy()  #? one_hot
    return np.vstack([X.T, np.ones(len(X))]).copy(), np.array([y], dtype=float)  #? column
    return np.vstack([X.T, np.ones(len(X))]).copy(), codes[y].T.copy()  #? coded


train, test = columns(X_train, y_train), columns(X_test, y_test)  #? !patience
train, test = columns(X_train[:$samples], y_train[:$samples]), columns(X_test, y_test)  #? patience
validation = columns(X_train[$samples:], y_train[$samples:])  #? patience


# --- The network: its parameters are one vector ---

$start
shapes = [(n_out, n_in + 1) for n_in, n_out in pairwise(sizes)]
params = np.concatenate([matrix.ravel() for matrix in first])
shapes += [(n,) for n in sizes[1:-1]] * 2  # scale and shift of each hidden layer  #? normalization
params = np.concatenate([params, np.ones(sum(sizes[1:-1])), np.zeros(sum(sizes[1:-1]))])  #? normalization
running = [(np.zeros((n, 1)), np.ones((n, 1))) for n in sizes[1:-1]]  # mean and variance, for evaluation  #? batch
shortcuts = $shortcuts  # the hidden layers that add what came in to what they put out  #? residual


def parts(params):
    """The matrices [W|b] of the layers, as views into the vector."""  #? !normalization
    """The matrices [W|b] of the layers, all scales, all shifts, as views into the vector."""  #? normalization
    ends = np.cumsum([math.prod(shape) for shape in shapes])
    return [part.reshape(shape) for part, shape in zip(np.split(params, ends[:-1]), shapes)]


$activations


def loss(z, t):
    """Of outputs z (k, n) and targets t (k, n)."""
$loss


def loss_slope(z, t):
    """dL/dz."""
$loss_slope


def forward(params, a$training):
    """The outputs (k, n); of each hidden layer what the way back needs; what the last layer saw."""
    W, kept = parts(params), []
    scales, shifts = W[$depth : -$hidden], W[-$hidden:]  #? normalization
    for l in range($hidden):  #? deep
        below, z = a, W[l] @ a
        if training:  #? batch
            mean, variance, n = z.mean(axis=1, keepdims=True), z.var(axis=1, keepdims=True), z.shape[1]
            if n > 1:  #? lonely
                now = mean, variance * (n / (n - 1))  #? lonely
                running[l] = tuple(0.9 * old + 0.1 * new for old, new in zip(running[l], now))  #? lonely
            now = mean, variance * (n / (n - 1))  #? !lonely
            running[l] = tuple(0.9 * old + 0.1 * new for old, new in zip(running[l], now))  #? !lonely
        else:  #? batch
            mean, variance = running[l]
        mean, variance = z.mean(axis=0, keepdims=True), z.var(axis=0, keepdims=True)  #? layer
        inverse = 1 / np.sqrt(variance + 1e-5)  #? normalization
        hat = (z - mean) * inverse  #? normalization
        z = hat * scales[l][:, None] + shifts[l][:, None]  #? normalization
        h = f[l](z)
        mask = (dropout_rng.random(h.shape) >= $dropout) / (1 - $dropout) if training else 1.0  #? dropout
        h = h * mask  #? dropout
        h = h + below[:-1] if l in shortcuts else h  #? residual
        a = np.vstack([h, below[-1:]])
        kept.append(($kept))
    return W[$hidden] @ a, kept, a


def gradient(params, inputs, targets):
    """Backpropagation: delta is dL/dz, from the last layer to the first."""
    outputs, kept, a = forward(params, inputs$on)
    grads = np.zeros_like(params)
    G = parts(grads)
    W = parts(params)  #? deep
    W = parts(params)  #? penalty !deep
    delta = loss_slope(outputs, targets)
    G[$hidden][:] = delta @ a.T
    past = 0.0  # dL/da of the layer above, which a shortcut brings down unchanged  #? residual
    for l in reversed(range($hidden)):  #? deep
        $kept = kept[l]
        slope = W[l + 1][:, :-1].T @ delta  # dL/da
        slope = slope + past if l + 1 in shortcuts else slope  #? residual
        past = slope  #? residual
        delta = slope * df[l](z)
        delta = delta * mask  #? dropout
        G[$depth + l][:] = (delta * hat).sum(axis=1)  #? normalization
        G[$depth + $hidden + l][:] = delta.sum(axis=1)  #? normalization
        delta = delta * W[$depth + l][:, None]  #? normalization
        along = (delta * hat).mean(axis=$axis, keepdims=True)  #? normalization
        delta = (delta - delta.mean(axis=$axis, keepdims=True) - hat * along) * inverse  #? normalization
        G[l][:] = delta @ below.T
    for l in range($depth):  # the penalty, of weights and not of biases  #? penalty
        G[l][:, :-1] += $l1 * np.sign(W[l][:, :-1])  #? l1
        G[l][:, :-1] += $l2 * W[l][:, :-1]  #? l2
    return grads



# --- The update rule ---

$update


# --- Training ---

$before
for t in range(steps + 1):
    if t > 0:
        $rate
        index = next(batch)  #? mini
        grads = gradient(params, train[0][:, index], train[1][:, index])  #? mini
        grads = gradient(params, *train)  #? !mini
        grads *= min(1.0, $clip_norm / np.sqrt(np.einsum("p,p", grads, grads)))  #? clip_norm
        update(params, grads, t$state)  #? !matrices
        for x, g, own in zip(parts(params), parts(grads), state):  #? matrices
            update(x, g, t, *own)
        for matrix in parts(params)[:$hidden]:  #? max_norm
            w = matrix[:, :-1]
            w *= np.minimum(1.0, $max_norm / np.sqrt(np.einsum("ij,ij->i", w, w)))[:, None]
    if t in record:
$look
'''

TORCH = '''
"""$title$remark"""

$imports

torch.set_default_dtype(torch.float64)


# --- The data ---

$data
codes = $codes  #? coded


def tensors(X, y):
    """One row a sample: inputs (n, features), and targets as the loss takes them."""
    return torch.tensor(X), torch.tensor(y)  #? one_hot labels
    return torch.tensor(X), torch.eye($outputs)[torch.tensor(y)]  #? one_hot !labels
    return torch.tensor(X), torch.tensor(y, dtype=torch.float64)[:, None]  #? column
    return torch.tensor(X), torch.tensor(codes[y])  #? coded


train, test = tensors(X_train, y_train), tensors(X_test, y_test)  #? !patience
train, test = tensors(X_train[:$samples], y_train[:$samples]), tensors(X_test, y_test)  #? patience
validation = tensors(X_train[$samples:], y_train[$samples:])  #? patience


# --- The network ---

$start


class Affine(torch.nn.Module):  #? matrices
    """A linear layer whose weights and biases are one matrix [W|b], which the update rule sees as such."""

    def __init__(self, n_in, n_out):
        super().__init__()
        self.matrix = torch.nn.Parameter(torch.empty(n_out, n_in + 1))

    def forward(self, a):
        return a @ self.weight.T + self.bias

    weight = property(lambda self: self.matrix[:, :-1])
    bias = property(lambda self: self.matrix[:, -1])


class Dropout(torch.nn.Module):  #? dropout
    """Silences a share of the units, drawn from numpy's stream."""

    def forward(self, a):
        if not self.training:
            return a
        kept = dropout_rng.random((a.shape[1], a.shape[0])) >= $dropout
        return a * torch.tensor(kept.T) / (1 - $dropout)


class Elementwise(torch.nn.Module):  #? elementwise
    """A function that torch.nn has no module for."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


class Shortcut(torch.nn.Sequential):  #? residual
    """Adds what came in to what goes out."""

    def forward(self, a):
        return a + super().forward(a)


def block(n_in, n_out, activation):  #? deep
    """One hidden layer."""
    layers = [$linear(n_in, n_out), $norm(n_out), activation, Dropout()]  #? normalization dropout
    layers = [$linear(n_in, n_out), $norm(n_out), activation]  #? normalization !dropout
    layers = [$linear(n_in, n_out), activation, Dropout()]  #? !normalization dropout
    layers = [$linear(n_in, n_out), activation]  #? !normalization !dropout
    return Shortcut(*layers) if n_in == n_out else torch.nn.Sequential(*layers)  #? residual
    return torch.nn.Sequential(*layers)  #? !residual


activations = $modules  #? deep
hidden = [block(*pair, activation) for pair, activation in zip(pairwise(sizes[:-1]), activations)]  #? deep
model = torch.nn.Sequential(*hidden, $linear(sizes[-2], sizes[-1]))  #? deep
model = torch.nn.Sequential($linear(sizes[0], sizes[1]))  #? !deep
linears = [module for module in model.modules() if isinstance(module, $linear)]
with torch.no_grad():
    for linear, matrix in zip(linears, first):
        linear.weight.copy_(torch.tensor(matrix[:, :-1]))
        linear.bias.copy_(torch.tensor(matrix[:, -1]))
loss = $loss


# --- The update rule ---

$update


# --- Training ---

$before
for t in range(steps + 1):
    if t > 0:
        $rate  #? !scheduler
        model.train()
        model.zero_grad()
        index = next(batch)  #? mini
        value = loss(model(train[0][index]), train[1][index])  #? mini
        value = loss(model(train[0]), train[1])  #? !mini
        weights = [linear.weight for linear in linears]  # the penalty, of weights and not of biases  #? penalty
        value = value + $l1 * sum(W.abs().sum() for W in weights)  #? l1
        value = value + $l2 / 2 * sum(W.square().sum() for W in weights)  #? l2
        value.backward()
        norm = torch.cat([p.grad.ravel() for p in model.parameters()]).norm()  #? clip_norm
        for p in model.parameters():  #? clip_norm
            p.grad *= min(1.0, $clip_norm / norm)
        optimizer.step()  #? !written !closure
        optimizer.step(lambda: value)  #? !written closure
        with torch.no_grad():  #? written
            for x, own in zip(model.parameters(), state):
                update(x, x.grad, t, *own)
        scheduler.step()  #? scheduler
        with torch.no_grad():  #? max_norm
            for linear in linears[:-1]:
                w = linear.weight
                w *= (($max_norm) / w.norm(dim=1, keepdim=True)).clamp(max=1.0)
    if t in record:
        model.eval()
$look
'''
