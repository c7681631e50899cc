"""Writing a route: each file that it consists of, in a copy of the checkout."""

import json
import os
import subprocess
import unittest

from samcli.yamlhelper import yaml_parse

from holdfast.project import ROOT
from holdfast.report import Failure
from stack import new_route, route_check


class NewRoute(unittest.TestCase):
    def test_a_route_is_written_into_every_list(self):
        for context, path, called in (("catalog", "/api/v1/examples/{id}", "ShowExample"), ("ordering", "/api/v1/orders/{id}/example", "ShowExample:live")):
            with self.subTest(context), route_check.checkout("new-route-texts") as root:
                route = new_route.Route("ShowExample", "GET", path, context, root)
                written = new_route.write(route)
                self.assertEqual(len(written), len(set(written)))
                self.assertIn('    Function::http("show-example", |init| Box::pin(show_example::init(init))),\n', (root / f"functions/{context}/src/routes/mod.rs").read_text())
                gateway = (root / "shared/infrastructure/api.yaml").read_text()
                self.assertEqual(gateway.count("integrations/ShowExample"), 2, "GET and HEAD")
                self.assertIn(f'- !Sub "${{FunctionPrefix}}-{called}"', gateway)
                self.assertIn(f"${{InvocationPrefix}}-{called}/invocations", gateway)
                for template in ("shared/infrastructure/api.yaml", f"functions/{context}/template.yaml"):
                    self.assertTrue(yaml_parse((root / template).read_text())["Resources"])
                described = yaml_parse((root / f"functions/service/openapi/{route.page}.yaml").read_text())
                self.assertEqual(described["paths"][path]["get"]["operationId"], "showExample")
                sample = json.loads((root / "events/show-example.json").read_text())
                self.assertEqual(sample["routeKey"], f"GET {path}")
                self.assertIn(f"| `GET {path}` | `ShowExample` | Show example. |", (root / "docs/routes.md").read_text())
                for modules in (f"functions/{context}/src/routes/mod.rs", f"tests/blackbox/{context}/mod.rs"):
                    self.assertRegex((root / modules).read_text(), r"(?m)^(pub )?mod show_example;$")
                with self.assertRaises(Failure):
                    new_route.write(route)

    def test_an_entry_of_several_lines_stays_whole(self):
        whole = 'Function::http("receive", |init| {\n        Box::pin(receive::init(init))\n    }),\n'
        listed = new_route._inserted(f'    Function::http("pay", |init| ..),\n    {whole}', "    Function::", '    Function::http("record", |init| ..),')
        self.assertEqual(listed, f'    Function::http("pay", |init| ..),\n    {whole}    Function::http("record", |init| ..),\n')

    def test_a_path_of_a_route_hides_no_program(self):
        rule = "shown: ; @echo \"$$PATH $(ROUTE)\""
        command = ["make", "--silent", f"--eval={rule}", "shown", "PATH=/api/v1/examples"]
        shown = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        self.assertEqual(shown.strip(), f"{os.environ['PATH']} /api/v1/examples")

    def test_what_has_no_place_is_refused(self):
        good = {"name": "ShowExample", "method": "GET", "path": "/api/v1/examples", "context": "catalog"}
        for bad in ({"name": "show"}, {"method": "FETCH"}, {"path": "api"}, {"context": "nowhere"}, {"name": "GetProduct"}, {"path": "/api/v1/products"}):
            with self.subTest(bad), self.assertRaises(Failure):
                new_route.check(new_route.Route(**{**good, **bad}))


if __name__ == "__main__":
    unittest.main()
