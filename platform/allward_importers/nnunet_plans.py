"""What nnU-Net wrote down of a model: `plans.json` and `dataset.json`, in the axes of the images.

nnU-Net may turn images before it works on them (`transpose_forward`). A net on turned images is the same net
with turned kernels, so everything here is turned back, and nothing is turned at run time.

Source: nnU-Net 2.8, `plans_handler`, `default_preprocessor`, `default_normalization_schemes`.
"""

from dataclasses import dataclass
from typing import Any

from allward_importers.graph_writer import Shape3
from allward_importers.json_files import Table, integers
from allward_importers.nnunet_architecture import Order, read_architecture, turned
from allward_importers.nnunet_nets import Architecture
from allward_importers.refusal import RefusedError

DEFAULT_RESAMPLING = "resample_data_or_seg_to_shape"
_ORIENTATIONS = {"NibabelIOWithReorient": "SAR", "SimpleITKIOWithReorient": "SAR"}
"""Readers that bring images to RAS first; arrays are (z, y, x): Superior, Anterior, Right."""


@dataclass(frozen=True, slots=True)
class Resampling:
    """How images are brought to the spacing of the model."""

    order: int
    through_plane_order: int | None


@dataclass(frozen=True, slots=True)
class Plan:
    """One configuration of a trained model; triples in the order of the images' axes."""

    dataset: str
    configuration: str
    order: Order
    """``order[b]`` is nnU-Net's axis that is axis ``b`` of the images."""
    orientation: str | None
    """Where each axis grows to; None where nnU-Net took images as they lay."""
    spacing_mm: tuple[float, float, float]
    window: Shape3
    normalisation: tuple[dict[str, Any], ...]
    """Operators of the manifest."""
    resampling: Resampling
    architecture: Architecture
    labels: tuple[str, ...]
    """Names in the order of their values, from 1."""
    channel: str
    """What the images show, in the words of the dataset."""

    @property
    def classes(self) -> int:
        """Channels of the output, background included."""
        return len(self.labels) + 1


def read_plan(plans: Table, dataset: Table, configuration: str) -> Plan:
    """Read one configuration.

    Raises
    ------
    RefusedError
        If it does something that the contract cannot express; the name of it is said.
    """
    settings = _configuration(plans, configuration)
    order = _order(plans)
    channel = _channel(dataset)
    window = turned(settings.integers("patch_size", _only_3d(settings)), order)
    architecture = read_architecture(settings, order)
    if any(n % divisor for n, divisor in zip(window, architecture.divisor(), strict=True)):
        raise RefusedError(
            f"{settings.place}: patch_size {window} is no multiple of the strides' {architecture.divisor()}."
        )
    spacing = turned(settings.numbers("spacing", 3), order)
    return Plan(
        dataset=str(plans.data.get("dataset_name", "nnunet")),
        configuration=configuration,
        order=order,
        orientation=_ORIENTATIONS.get(str(plans.data.get("image_reader_writer"))),
        spacing_mm=spacing,
        window=window,
        normalisation=_normalisation(settings, plans),
        resampling=_resampling(settings),
        architecture=architecture,
        labels=_labels(dataset),
        channel=channel,
    )


def _configuration(plans: Table, name: str) -> Table:
    """Return a configuration with what it inherits."""
    table = plans.table("configurations")
    merged: dict[str, Any] = {}
    chain: list[str] = []
    while name not in chain:
        chain.append(name)
        own = table.table(name).data
        merged = {**own, **merged}
        if "inherits_from" not in own:
            break
        name = str(own["inherits_from"])
    found = Table(merged, f"{plans.place}: {chain[0]}")
    if found.data.get("previous_stage"):
        raise RefusedError(
            f"{found.place}: a cascade: its input is what {found.data['previous_stage']} found, which the "
            "contract cannot express. Import 3d_fullres or 3d_lowres instead."
        )
    return found


def _only_3d(settings: Table) -> int:
    if len(settings.numbers("spacing")) != 3:
        raise RefusedError(
            f"{settings.place}: a 2D net keeps the distance of the slices as it is, which the contract "
            "cannot express. Import 3d_fullres or 3d_lowres instead."
        )
    return 3


def _order(plans: Table) -> Order:
    forward = integers(plans.data.get("transpose_forward", [0, 1, 2]), f"{plans.place}: transpose_forward", 3)
    if sorted(forward) != [0, 1, 2]:
        raise RefusedError(f"{plans.place}: transpose_forward is {forward}, which is no order of three axes.")
    a, b, c = (forward.index(axis) for axis in range(3))
    return a, b, c


def _channel(dataset: Table) -> str:
    key = "channel_names" if "channel_names" in dataset.data else "modality"
    channels = dataset.table(key).data
    if len(channels) != 1:
        names = ", ".join(map(str, channels.values()))
        raise RefusedError(
            f"{dataset.place}: the net reads {len(channels)} images at once ({names}); a stage is given one."
        )
    return str(next(iter(channels.values())))


def _labels(dataset: Table) -> tuple[str, ...]:
    values: dict[int, str] = {}
    for name, value in dataset.table("labels").data.items():
        if name == "ignore":
            continue
        if isinstance(value, list) and len(value) > 1:
            raise RefusedError(
                f"{dataset.place}: labels.{name} is a region of the labels {value}; overlapping regions "
                "cannot be expressed."
            )
        (number,) = integers(value if isinstance(value, list) else [value], f"{dataset.place}: labels.{name}")
        values[number] = str(name)
    if sorted(values) != list(range(len(values))) or len(values) < 2 or len(values) > 256:
        raise RefusedError(f"{dataset.place}: the values of labels are {sorted(values)}, not 0, 1, 2 to 255.")
    return tuple(values[number] for number in range(1, len(values)))


def _normalisation(settings: Table, plans: Table) -> tuple[dict[str, Any], ...]:
    (scheme,) = settings.value("normalization_schemes")
    (masked,) = settings.data.get("use_mask_for_norm", [False])
    if scheme == "CTNormalization":
        key = "foreground_intensity_properties_per_channel"
        older = "foreground_intensity_properties_by_modality"
        known = plans.table(key if key in plans.data else older).table("0")
        low, high, mean, std = known_numbers(known)
        clip = {"do": "clip", "low": low, "high": high}
        return (clip, {"do": "normalise", "scope": "given", "mean": mean, "std": max(std, 1e-8)})
    if scheme == "ZScoreNormalization":
        return ({"do": "normalise", "scope": "volume", "where": "nonzero" if masked else "all"},)
    if scheme == "NoNormalization":
        return ()
    raise RefusedError(
        f"{settings.place}: the normalisation {scheme} cannot be expressed; CTNormalization, "
        "ZScoreNormalization and NoNormalization can."
    )


def known_numbers(known: Table) -> tuple[float, float, float, float]:
    """Return the percentiles, the mean and the standard deviation of what was outlined in training."""
    keys = ("percentile_00_5", "percentile_99_5", "mean", "std")
    a, b, c, d = (Table({key: [known.value(key)]}, known.place).numbers(key, 1)[0] for key in keys)
    return a, b, c, d


def _resampling(settings: Table) -> Resampling:
    for what in ("data", "probabilities"):
        name = settings.data.get(f"resampling_fn_{what}", DEFAULT_RESAMPLING)
        if name != DEFAULT_RESAMPLING:
            raise RefusedError(
                f"{settings.place}: resampling_fn_{what} is {name}, only {DEFAULT_RESAMPLING} can."
            )
    data = _resampling_of(settings, "data", order=3)
    back = _resampling_of(settings, "probabilities", order=1)
    if back.order != 1 or back.through_plane_order not in (None, 0):
        raise RefusedError(
            f"{settings.place}: probabilities are resampled with order {back.order}, only 1 can."
        )
    if (data.through_plane_order == 0) != (back.through_plane_order == 0):
        raise RefusedError(
            f"{settings.place}: images and probabilities are not taken apart into planes in the same way."
        )
    return data


def _resampling_of(settings: Table, what: str, *, order: int) -> Resampling:
    given = settings.data.get(f"resampling_fn_{what}_kwargs", {})
    options = Table(given, f"{settings.place}: resampling_fn_{what}_kwargs").data
    known = {"is_seg", "order", "order_z", "force_separate_z"}
    foreign = sorted(set(options) - known)
    apart = options.get("force_separate_z", False if given else None)
    if foreign or apart is True or options.get("is_seg", False):
        raise RefusedError(
            f"{settings.place}: resampling_fn_{what}_kwargs {dict(options)} cannot be expressed."
        )
    order, through = int(options.get("order", order)), int(options.get("order_z", 0))
    if order not in (0, 1, 3) or through not in (0, 1, 3):
        raise RefusedError(f"{settings.place}: splines of order {order} are not known; 0, 1 and 3 are.")
    return Resampling(order, through if apart is None else None)
