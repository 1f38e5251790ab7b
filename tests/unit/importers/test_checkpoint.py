"""What a checkpoint says is read; what it would do is not done."""

import os
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hypothesis_arrays
from tests.unit.importers import checkpoints as made

from allward_importers import pickled
from allward_importers.checkpoint import read_checkpoint
from allward_importers.refusal import RefusedError
from allward_importers.stand_ins import HostileError, Tensor

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
ARRAYS = hypothesis_arrays.arrays(
    st.sampled_from([np.float32, np.float16, np.int64, np.uint8, np.bool_]),
    hypothesis_arrays.array_shapes(min_dims=0, max_dims=4, max_side=4),
)


class Runs:
    """Unpickled by Python, it runs a program."""

    def __init__(self, *call):
        self.call = call

    def __reduce__(self):
        return self.call[0], self.call[1:]


@given(PLAIN, st.sampled_from([2, 3, 4, 5]))
def test_plain_values_are_read_as_python_reads_them(value, protocol):
    assert pickled.load(pickle.dumps(value, protocol=protocol)) == value


@settings(max_examples=15, deadline=None)
@given(st.dictionaries(st.text(min_size=1, max_size=5), ARRAYS, max_size=3))
def test_tensors_come_back_to_the_bit(tmp_path_factory, arrays):
    path = made.save(tmp_path_factory.mktemp("saved") / "a.pth", arrays)
    found = read_checkpoint(path).value
    assert list(found) == list(arrays)
    for key, values in arrays.items():
        assert found[key].dtype == values.dtype
        assert found[key].shape == values.shape
        assert found[key].tobytes() == values.tobytes()


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_noise_is_refused_and_nothing_else_happens(data):
    try:
        pickled.load(data)
    except HostileError:
        return


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_a_checkpoint_with_changed_bytes_is_read_or_refused(data):
    whole = bytearray(made.whole(made.mapping({"a": made.array("0", np.zeros((2, 3), np.float32))})))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        pickled.load(bytes(whole))
    except HostileError:
        return


def test_views_keep_their_strides_and_may_share_a_storage(tmp_path):
    view = {"offset": 1, "shape": (2, 2), "strides": (1, 2)}
    pairs = {"a": made.tensor("0", "float32", 6, **view), "b": made.array("0", np.zeros(6, np.float32))}
    elements = np.arange(6, dtype=np.float32)
    path = made.write_zip(tmp_path / "a.pth", made.whole(made.mapping(pairs)), {"0": elements.tobytes()})
    found = read_checkpoint(path).value
    assert found["a"].tolist() == [[1.0, 3.0], [2.0, 4.0]]
    assert found["b"].tolist() == elements.tolist()


def test_numbers_of_numpy_are_numbers(tmp_path):
    value = {"best": np.float64(0.25), "all": [np.float32(2), np.int64(-7)]}
    assert read_checkpoint(made.save_plain(tmp_path / "a.pth", value)).value == {
        "best": 0.25,
        "all": [2.0, -7],
    }


def test_only_what_is_kept_is_copied(tmp_path):
    path = made.save(tmp_path / "a.pth", {"a": np.ones(2, np.float32), "b": np.ones(3, np.float32)})
    assert list(read_checkpoint(path, keep=["b"]).value) == ["b"]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ((os.system, "touch {there}"), "`posix.system`"),
        ((eval, "1"), "eval`"),
        ((subprocess.Popen, ["touch", "{there}"]), ".Popen`"),
        ((getattr, {}, "get"), "getattr`"),
        ((Path, "{there}"), "`pathlib.Path`"),
    ],
)
@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize("nested", [False, True])
def test_code_is_refused_by_name_and_not_run(tmp_path, call, said, protocol, nested):
    there = tmp_path / "there"
    filled = [arg.format(there=there) if isinstance(arg, str) else arg for arg in call[1:]]
    value = (
        {"network_weights": [{"a": (1, {"b": Runs(call[0], *filled)})}]} if nested else Runs(call[0], *filled)
    )
    path = made.write_zip(tmp_path / "a.pth", pickle.dumps(value, protocol=protocol))
    with pytest.raises(RefusedError, match="runs code when it is read") as refused:
        read_checkpoint(path, keep=["something_else"])
    assert said in str(refused.value)
    assert not there.exists()


def billion_laughs() -> bytes:
    """Ten lists of which each holds the one before ten times."""
    pickle_of = b"]q\x00"
    for n in range(1, 30):
        pickle_of += b"](" + b"h" + bytes([n - 1]) + (b"h" + bytes([n - 1])) * 9 + b"eq" + bytes([n])
    return b"\x80\x02(" + pickle_of + b"t."


HUGE = {"offset": 0, "shape": (2**31 - 1, 2**31 - 1), "strides": (0, 0)}
HOSTILE = {
    "billion laughs": (billion_laughs(), "more values"),
    "lists without end": (b"\x80\x02" + b"]" * 500 + b"a" * 499 + b".", "more values"),
    "a tensor blown up": (made.whole(made.tensor("0", "float32", 6, **HUGE)), "blown up"),
    "a tensor outside": (
        made.whole(made.tensor("0", "float32", 6, offset=4, shape=(3,), strides=(1,))),
        "in a storage of 6 elements",
    ),
    "a tensor before": (
        made.whole(made.tensor("0", "float32", 6, offset=-1, shape=(3,), strides=(1,))),
        "not described as PyTorch does",
    ),
    "a storage that claims more": (
        made.whole(made.tensor("0", "float32", 9, offset=0, shape=(9,), strides=(1,))),
        "claims 9 elements in 24 bytes",
    ),
    "a storage that is missing": (
        made.whole(made.tensor("1", "float32", 6, offset=0, shape=(6,), strides=(1,))),
        "data/1, which is missing",
    ),
    "a class made without a call": (b"\x80\x02" + made.name("torch", "Size") + b")\x81.", "NEWOBJ"),
    "an instance": (b"(S'ls'\nios\nsystem\n.", "INST"),
    "a huge memo": (b"\x80\x02Nr\xff\xff\xff\x7f.", None),
    "a huge text": (b"\x80\x04\x8d" + b"\xff" * 7 + b"\x7f.", "damaged"),
    "a state for a name": (b"\x80\x02" + made.name("torch", "Size") + b"}b.", "given a state"),
    "an extension": (b"\x80\x02\x82\x01.", "EXT1"),
    "an unhashable key": (b"\x80\x02}]Ns.", "neither text nor number"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_pickles_are_refused_with_their_reason(tmp_path, what):
    data, said = HOSTILE[what]
    path = made.write_zip(tmp_path / "a.pth", data, {"0": bytes(24)})
    if said is None:
        assert read_checkpoint(path).value is None
        return
    with pytest.raises(RefusedError) as refused:
        read_checkpoint(path)
    assert said in str(refused.value)
    assert str(path) in str(refused.value)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_truncated_file_is_refused(tmp_path, share):
    path = made.save(tmp_path / "a.pth", {"a": np.ones((30, 30), np.float32)})
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(RefusedError, match="damaged"):
        read_checkpoint(path)


def test_a_file_of_old_pytorch_is_refused_with_what_to_do(tmp_path):
    path = tmp_path / "a.pth"
    path.write_bytes(pickle.dumps({"a": 1}))
    with pytest.raises(RefusedError, match="save it again"):
        read_checkpoint(path)


def test_a_torchscript_archive_is_refused(tmp_path):
    path = made.write_zip(tmp_path / "a.pt", made.whole(b"}"), entries={"archive/code/x.py": "1"})
    with pytest.raises(RefusedError, match="TorchScript"):
        read_checkpoint(path)


def test_a_compressed_storage_is_refused_before_it_is_unpacked(tmp_path):
    pairs = made.mapping({"a": made.array("0", np.zeros(1000, np.float32))})
    path = made.write_zip(
        tmp_path / "a.pth", made.whole(pairs), {"0": bytes(4000)}, compression=zipfile.ZIP_DEFLATED
    )
    with pytest.raises(RefusedError, match="compressed"):
        read_checkpoint(path)


def test_two_entries_of_one_name_are_refused(tmp_path):
    path = tmp_path / "a.pth"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", made.whole(b"}"))
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("archive/data.pkl", made.whole(b"]"))
    with pytest.raises(RefusedError, match="twice"):
        read_checkpoint(path)


def confined(code: str) -> str:
    root = Path(pickled.__file__).parents[1]
    program = (
        f"import sys; sys.path.insert(0, {str(root)!r}); import os, socket\n"
        "from allward_importers.confinement import confine\n"
        f"confine()\ntry:\n    {code}\n    print('done')\n"
        "except OSError:\n    print('refused')\n"
    )
    ran = subprocess.run(
        [sys.executable, "-I", "-c", program], capture_output=True, text=True, cwd="/", env={}
    )
    return ran.stdout.strip() or str(ran.returncode)


def test_the_process_that_reads_is_confined_by_all_that_this_kernel_has(tmp_path):
    means = read_checkpoint(made.save(tmp_path / "a.pth", {})).confined_by
    assert "limits" in means
    if sys.platform == "linux":
        assert "seccomp" in means


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have limits alone")
@pytest.mark.parametrize(
    "code",
    [
        "socket.socket()",
        "open('/etc/passwd')",
        "open('/tmp/there', 'w')",
        "os.fork()",
        "os.execv('/bin/true', ['true'])",
        "os.kill(os.getppid(), 0)",
        "os.listdir('/')",
        "os.mkdir('/tmp/there')",
        "os.memfd_create('x')",
        "os.setuid(0)",
    ],
)
def test_a_confined_process_can_reach_nothing(code):
    assert confined(code) == "refused"


def test_a_confined_process_can_still_compute():
    assert confined("sum(range(10))") == "done"


def test_a_confined_process_cannot_fill_the_machine():
    assert confined("bytes(8 << 30)") == "1"


def test_a_tensor_is_only_a_record_until_the_file_is_looked_into():
    found = pickled.load(made.whole(made.array("0", np.zeros((2, 3), np.float32))))
    assert isinstance(found, Tensor)
    assert (found.storage.key, found.shape, found.strides) == ("0", (2, 3), (3, 1))
