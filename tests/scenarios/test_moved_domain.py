"""A domain that was moved goes by its old path as well, wherever one filters by domain."""
import os
import subprocess

from conftest import BINARY, publish


def test_lists_know_the_old_path(mesh, csv_folder):
    product = publish(mesh, csv_folder, "airlines.csv")
    assert mesh.call("olivia", "GET", "/data/v1/shop/airlines/airlines?limit=1").status_code == 200
    moved = mesh.call("ada", "POST", "/api/v1/domains/shop/move", json={"name": "store"})
    assert moved.status_code == 200, moved.text
    for path in ("shop", "store"):
        for address in ("products", "elements", "runs", "search", "usage/products", "audit", "coverage/tables"):
            answer = mesh.call("ada", "GET", f"/api/v1/{address}?domain={path}")
            assert answer.status_code == 200 and answer.json()["items"], f"{address}?domain={path}: {answer.text}"
    assert [item["id"] for item in mesh.call("dana", "GET", "/api/v1/products?domain=shop").json()["items"]] == [product]
    assert not mesh.call("ada", "GET", "/api/v1/products?domain=shopping").json()["items"]


def test_a_product_file_may_say_the_old_path(mesh, csv_folder, tmp_path):
    publish(mesh, csv_folder, "airlines.csv")
    file = tmp_path / "product.yaml"
    file.write_text("domain: shop\nname: carriers\ntitle: Carriers\ndescription: One row a carrier.\ningredients: [shop/airlines]\n"
                    "elements: [{name: codes, sql: SELECT carrier FROM airlines, ingredients: [airlines]}]\nports: [{name: carriers, ingredient: airlines}]\n")

    def published():
        environment = dict(os.environ) | {"WEFT_SERVER": mesh.url, "WEFT_TOKEN": mesh.tokens["olivia"]}
        done = subprocess.run([BINARY, "products", "publish", "-f", file], capture_output=True, text=True, timeout=120, env=environment)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "shop/carriers version 1" in published()
    assert mesh.call("ada", "POST", "/api/v1/domains/shop/move", json={"name": "store"}).status_code == 200
    assert "Unchanged: store/carriers" in published()
