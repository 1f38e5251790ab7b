"""The detector: a small net that answers for each cell of 4 mm whether a nodule's centre lies in it.

Input (batch, 1, z, y, x) in HU, 1 mm; each edge a multiple of 16. Outputs on the grid of 4 mm: `score`
(batch, 1, ...), logit; `offset` (batch, 3, ...), voxels from the cell's middle to the centre; `size`
(batch, 1, ...), diameter in mm. What it must know of HU is inside the graph: clipping and scale.
"""

import torch
from torch import Tensor, nn

STRIDE = 4
LOW_HU, HIGH_HU = -1000.0, 300.0
CHANNELS = (12, 24, 40, 64)
LARGEST_LOG = 4.0
"""Logarithm of the largest diameter that can be told, in mm."""


def _conv(into: int, out: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv3d(into, out, 3, stride, 1, bias=False), nn.BatchNorm3d(out), nn.ReLU(inplace=True)
    )


class _Residual(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = _conv(channels, channels)
        self.second = nn.Sequential(
            nn.Conv3d(channels, channels, 3, 1, 1, bias=False), nn.BatchNorm3d(channels)
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x + self.second(self.first(x)))


class Detector(nn.Module):
    """See the head of this file."""

    def __init__(self) -> None:
        super().__init__()
        a, b, c, d = CHANNELS
        self.stem = nn.Sequential(_conv(2, a, 2), _Residual(a))
        self.down4 = nn.Sequential(_conv(a, b, 2), _Residual(b), _Residual(b))
        self.down8 = nn.Sequential(_conv(b, c, 2), _Residual(c), _Residual(c))
        self.down16 = nn.Sequential(_conv(c, d, 2), _Residual(d), _Residual(d))
        self.up8 = nn.Sequential(nn.Conv3d(d + c, c, 1, bias=False), nn.BatchNorm3d(c), nn.ReLU(inplace=True))
        self.up4 = nn.Sequential(_conv(c + b, c), _Residual(c))
        self.head = nn.Conv3d(c, 5, 1)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)
        with torch.no_grad():
            self.head.bias[0] = -4.6  # one cell in a hundred at first, so that the background does not shout
            self.head.bias[4] = 2.0

    def forward(self, hu: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return logit, offset in voxels and diameter in mm for each cell."""
        wide = (hu.clamp(LOW_HU, HIGH_HU) - LOW_HU) / (HIGH_HU - LOW_HU) * 2.0 - 1.0
        faint = (hu.clamp(LOW_HU, -300.0) - LOW_HU) / 700.0 * 2.0 - 1.0
        half = self.stem(torch.cat([wide, faint], 1))
        fourth = self.down4(half)
        eighth = self.down8(fourth)
        deep = nn.functional.interpolate(self.down16(eighth), scale_factor=2.0, mode="nearest")
        eighth = self.up8(torch.cat([deep, eighth], 1))
        back = nn.functional.interpolate(eighth, scale_factor=2.0, mode="nearest")
        told = self.head(self.up4(torch.cat([back, fourth], 1)))
        size = torch.exp(told[:, 4:5].clamp(0.0, LARGEST_LOG))
        return told[:, :1], told[:, 1:4], size


def loss_of(told: tuple[Tensor, Tensor, Tensor], targets: Tensor) -> Tensor:
    """Focal loss of the scores, and distances of offset and log-diameter where a nodule is.

    Parameters
    ----------
    targets
        (batch, 6, z, y, x): soft score 0 to 1, whether it is the centre's cell, offset, log-diameter.

    Source
    ------
    Zhou, Wang, Krähenbühl, "Objects as points", 2019 (the penalty is less beside a centre).
    """
    score, offset, size = told
    soft, centre = targets[:, :1], targets[:, 1:2]
    p = torch.sigmoid(score).clamp(1e-5, 1 - 1e-5)
    hits = -(centre * (1 - p).square() * p.log()).sum()
    misses = -((1 - centre) * (1 - soft).pow(4) * p.square() * (1 - p).log()).sum()
    count = centre.sum().clamp(min=1.0)
    near = (centre * (offset - targets[:, 2:5]).abs()).sum() / STRIDE
    large = (centre * (size.log() - targets[:, 5:6]).abs()).sum()
    return (hits + misses + near + 2.0 * large) / count
