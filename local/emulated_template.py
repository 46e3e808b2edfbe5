"""What of a built template the emulator can make: `python -m local.emulated_template FOLDER`."""

import sys
from pathlib import Path

import yaml

UNKNOWN_TO_THE_EMULATOR = {
    "ApiThrottledFilter": "MiniStack 1.5 has no AWS::Logs::MetricFilter in CloudFormation",
}
"""Resources that are left out of the deployment, and why."""


def fit(tree: Path) -> None:
    """Fit the template that `sam build` has made in a tree to the emulator, with short pauses."""
    built = tree / ".aws-sam" / "build" / "template.yaml"
    template = yaml.safe_load(built.read_text("utf-8"))
    for resource in UNKNOWN_TO_THE_EMULATOR:
        del template["Resources"][resource]
    template["Globals"]["Function"]["Environment"]["Variables"]["PAUSES"] = "short"
    built.write_text(yaml.safe_dump(template, sort_keys=False), "utf-8")


if __name__ == "__main__":
    fit(Path(sys.argv[1]))
