from serving.client import Client
from serving.production.writing import write_serving_config
from serving.promotion.label_move import PromotionTarget
from serving.promotion.labels import labels_of
from serving.promotion.models_config import find_model, read_models_config
from serving.promotion.promote import Approval, promote


def test_again_keeps_what_was_promoted_and_nothing_else(plan, base, push, tmp_path):
    push(base, 2)
    out = tmp_path / "out"
    files = write_serving_config(plan(models=base), out)
    assert {out / file for file in files} == {path for path in out.rglob("*") if path.is_file()}
    before = {file: (out / file).read_text() for file in files}
    promote(
        PromotionTarget(base, out / "config" / "models.config"),
        "tiny",
        1,
        "canary",
        Approval("anna"),
    )
    (out / "compose.yaml").write_text("edited by hand")
    write_serving_config(plan(models=base), out)
    changed = [str(file) for file in files if (out / file).read_text() != before[file]]
    assert changed == ["config/models.config"]
    config = read_models_config(out / "config" / "models.config")
    assert labels_of(find_model(config, "tiny")) == {"canary": 1, "stable": 2}


def test_the_embedded_server_serves_what_the_file_says(plan, base, push, tmp_path, start, dark):
    push(base, 2)
    write_serving_config(plan(models=base), tmp_path)
    file = tmp_path / "config" / "models.config"
    # In the container the models are in /models; here they are not.
    file.write_text(file.read_text().replace('"/models/', f'"{base}/'))
    server = start(base, models_config=file)
    with Client(server.address, "tiny") as client:
        assert client.predict([dark], label="stable")[0].version == 2
