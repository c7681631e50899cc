"""Makes products up, as many as wanted, to import: `python -m stack.wares 100000 ndjson > products.ndjson`.

The same number gives the same products. It holds one at a time.
"""

import csv
import json
import random
import sys
from collections.abc import Iterator

KINDS = ["kettle", "teapot", "samovar", "cup", "saucer", "spoon", "tray", "tea", "coffee", "honey", "jam", "sugar", "napkin", "tablecloth", "lamp", "clock"]
LOOKS = ["green", "black", "white", "blue", "red", "silver", "golden", "small", "large", "tall", "round", "square", "painted", "plain", "old", "new"]
MATTERS = ["steel", "glass", "copper", "porcelain", "clay", "wood", "linen", "cotton", "birch", "oak", "silver", "brass", "tin", "wool", "paper", "stone"]
PLACES = ["Tula", "Suzdal", "Kazan", "Perm", "Omsk", "Tomsk", "Pskov", "Vologda"]
COLUMNS = ["id", "name", "description", "price", "currency", "attributes", "isActive", "warehouse", "available"]


def products(count: int) -> Iterator[dict]:
    """Products with opening stock, each with a number of its own."""
    dice = random.Random(17)
    for number in range(1, count + 1):
        kind, look, matter = dice.choice(KINDS), dice.choice(LOOKS), dice.choice(MATTERS)
        yield {
            "id": f"W-{number:07}",
            "name": f"{look.title()} {kind}, {matter}, no. {number}",
            "description": f"A {look} {kind} made of {matter} in {dice.choice(PLACES)}.",
            "price": dice.randrange(5_000, 900_000, 100),
            "currency": "RUB",
            "attributes": {"kind": kind, "material": matter, "grams": dice.randrange(20, 4_000)},
            "isActive": dice.random() < 0.98,
            "warehouse": dice.choice(["msk-1", "spb-1"]),
            "available": dice.randrange(0, 500),
        }


def main() -> None:
    """Writes products to standard output."""
    count, kind = int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "ndjson"
    if kind == "csv":
        writer = csv.DictWriter(sys.stdout, COLUMNS)
        writer.writeheader()
        for product in products(count):
            cells = {"attributes": json.dumps(product["attributes"]), "isActive": json.dumps(product["isActive"])}
            writer.writerow({**product, **cells})
        return
    opening, between, ending = ("[\n", ",\n", "\n]\n") if kind == "json" else ("", "\n", "\n")
    sys.stdout.write(opening)
    for number, product in enumerate(products(count)):
        sys.stdout.write((between if number else "") + json.dumps(product, ensure_ascii=False))
    sys.stdout.write(ending)


if __name__ == "__main__":
    main()
