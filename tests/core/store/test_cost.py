"""Multiply-adds are those of a hand count and of PyTorch's own counter; times are of the runs that count."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from rdpd_core.errors import ModelFileError, ParameterError
from rdpd_core.store import cost
from rdpd_core.store.cost import latency, multiply_adds, multiply_adds_of
from rdpd_core.store.plain import plain_form
from tests.core.store.made import Tiny
from tests.core.store.rcnn_made import rcnn, rcnn_card


def test_multiply_adds_are_those_of_a_hand_count():
    count = multiply_adds(rcnn())
    # 4 segments of 5 samples; a kernel of 2 has 4 positions; 3 filters over 2 channels
    assert count.parts["convolution"] == 4 * 4 * (3 * 2 * 2)
    # 4 segments, 2 directions, 4 gates of 2 units, each reading 3 features and 2 hidden values
    assert count.parts["LSTM"] == 4 * 2 * (4 * 2) * (3 + 2)
    # 4 segments: 4 products for the score and 4 for the weighted sum
    assert count.parts["attention"] == 4 * 4 + 4 * 4
    assert count.parts["dense"] == 4 * 4
    assert count.total == 192 + 320 + 32 + 16


def test_the_second_convolution_counts():
    # 4 positions after the first convolution, 3 after the second; 6 filters over 3
    one, two = multiply_adds(rcnn()), multiply_adds(rcnn(second_conv=True))
    assert two.parts["convolution"] - one.parts["convolution"] == 4 * 3 * (6 * 3 * 2)


@pytest.mark.filterwarnings("ignore:TF32 acceleration")
@pytest.mark.parametrize("pooling", ["mean", "statistics"])
@pytest.mark.parametrize("second_conv", [False, True])
def test_pytorch_counts_the_same(second_conv, pooling):
    model = rcnn(second_conv, channels=5, filters=4, hidden=6, pooling=pooling)
    window = torch.zeros(1, 5, 20)
    with torch.backends.mkldnn.flags(enabled=False), torch.no_grad(), FlopCounterMode(display=False) as counter:
        plain_form(model)(window)
    weighted_sum = 4 * 2 * 6  # element by element, which PyTorch's counter leaves out
    assert multiply_adds(model).total - weighted_sum == counter.get_total_flops() // 2


def test_another_model_is_counted_by_pytorch():
    count = multiply_adds(Tiny(2, 4, 20).eval())
    assert count.total == 2 * 3 + 3 * 4
    assert "PyTorch" in count.how


def test_time_is_the_median_of_the_runs_that_count(monkeypatch):
    clock = iter([*[0.0, 9.0] * cost.WARM_UP, 0.0, 0.001, 0.0, 0.003, 0.0, 0.002])
    monkeypatch.setattr("rdpd_core.store.cost.time.perf_counter", lambda: next(clock))
    found = latency(rcnn(), torch.device("cpu"), runs=3)
    assert (found.device, found.runs) == ("cpu", 3)
    assert found.median_ms == pytest.approx(2.0)
    assert 1.0 <= found.low_ms < found.median_ms < found.high_ms <= 3.0


def test_one_thread_while_it_is_timed():
    seen = []
    model = rcnn()
    model.register_forward_hook(lambda *_: seen.append(torch.get_num_threads()))
    latency(model, torch.device("cpu"), runs=2)
    assert set(seen) == {1}


def test_no_run_is_refused():
    with pytest.raises(ParameterError, match="at least 1"):
        latency(rcnn(), torch.device("cpu"), runs=0)


def test_a_card_is_enough_to_count():
    assert multiply_adds_of(rcnn_card()) == multiply_adds(rcnn())
    with pytest.raises(ModelFileError, match="unknown model 'none'"):
        multiply_adds_of(rcnn_card(model="none"))
