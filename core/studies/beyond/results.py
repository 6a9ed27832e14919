"""What was published beyond the article, numbered from 101, apart from the article's claims.

As with these, no verdict is written here: those are computed from runs.
"""

from typing import NamedTuple


class Published(NamedTuple):
    """A result in one sentence; as it was published, with its definitions; by whom.

    claims: numbers of the article's claims on which it bears. left_out: what the small setting here does not show.
    set_up: what was changed after the first full run, and why; empty where nothing was.
    """

    text: str
    truth: str
    source: str
    claims: tuple[int, ...]
    left_out: str
    set_up: str = ""


RESULTS: dict[int, Published] = {
    101: Published(
        "gradient descent drives the sharpness to 2 / learning rate and keeps it there",
        "The sharpness is the largest eigenvalue of the Hessian of the training loss. Under full-batch gradient "
        "descent it rises until it reaches 2/η and stays there or just above, at the edge of stability; the loss "
        "then rises in many steps, and falls in the long run.",
        "Cohen et al. 2021, ICLR",
        (9,),
        "Other losses, larger networks, and rules other than plain full-batch descent.",
        "The first four runs were not clear. With Xavier's weights the sharpness began above the edge of the larger "
        "rate; with rates half as large it did not get to the edge in 3,000 updates; and it was judged in the last "
        "quarter of training, where seeds that have learnt the small task leave the edge again. Since then the initial "
        "weights are smaller (the default of PyTorch), and it is judged from the time it first is at the edge.",
    ),
    102: Published(
        "random restarts rescue XOR with two hidden units",
        "Restarts are independent draws: if one training succeeds with probability p, the best of k does with "
        "1 - (1 - p)^k.",
        "the article's own remedy (misconception 3); the probability of independent trials",
        (35, 52),
        "Whether the updates are better spent on one longer training: claim 52 asks that.",
        "An early run had 100 groups, too few to compare their share with independent draws as closely as the rule "
        "asks. Since then there are 300.",
    ),
    103: Published(
        "the test error falls a second time once a model can fit its training data exactly",
        "Least squares on random Fourier features, of smallest norm where many fits are exact: the test error falls, "
        "rises to a peak where there are as many features as samples, and falls again, often below its lowest value "
        "before the peak.",
        "Belkin, Hsu, Ma & Mandal 2019, PNAS 116(32):15849-15854",
        (48,),
        "Networks trained by gradient descent and trees, which the paper has as well, and larger data.",
    ),
    104: Published(
        "a network that generalizes can also memorize random labels",
        "With the same settings a network fits the true labels and labels drawn at random without error. On test "
        "samples the first generalizes, and the second does no better than chance.",
        "Zhang, Bengio, Hardt, Recht & Vinyals 2017, ICLR",
        (48,),
        "Convolutional networks on natural images, random pixels, and what regularization changes.",
    ),
    105: Published(
        "the noise of the gradient predicts the largest batch size that pays",
        "Samples' gradients have a mean G and a covariance Σ; their noise scale tr(Σ)/|G|² is about as large as the "
        "critical batch size B_c, where updates to a target are S(B) = S_min (1 + B_c/B) at rates tuned for each size "
        "B. For small batches the rate can grow in proportion to the batch size.",
        "McCandlish, Kaplan, Amodei et al. 2018, arXiv:1812.06162; Goyal et al. 2017, arXiv:1706.02677",
        (19, 46, 50),
        "Goyal's warm-up, adaptive rules, and tasks whose critical batch size is in the thousands.",
    ),
    106: Published(
        "a deep linear network waits on a saddle, the longer the smaller its initial weights",
        "From small initial weights a deep linear network stays at a high loss, then learns suddenly; with D layers of "
        "weights, D above 2, the wait grows as the initial scale to the power -(D - 2). Where training waits the "
        "Hessian has negative eigenvalues, and more of them the higher the loss: it is a saddle, not a minimum.",
        "Saxe, McClelland & Ganguli 2014, ICLR; Dauphin et al. 2014, NeurIPS",
        (34,),
        "Nonlinear networks; that a higher loss has more ways down, which is drawn and not tested; that deep linear "
        "networks have no bad minima at all, which is a theorem (Kawaguchi 2016).",
        "In early runs hidden layers were as wide as the inputs. Where the determinant of the initial weights had the "
        "opposite sign to that of the map, one part of it was not learnt in 3,000 updates: training waited on another "
        "saddle, flat to high order. Since then hidden layers are wider, and 1,000 updates are enough.",
    ),
}
