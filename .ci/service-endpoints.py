#!/usr/bin/env python3
"""Writes src/handlers/aws/endpoints.txt: where the APIs of AWS are, from the rules in botocore (Apache-2.0).

Usage: .ci/service-endpoints.py, with botocore installed. src/handlers/aws/hosts.rs says what the lines mean.
"""

import pathlib
import re

import botocore.session
from botocore.endpoint_provider import EndpointProvider

FOLDER = pathlib.Path("src/handlers/aws")
SESSION = botocore.session.Session()
LOADER = SESSION.get_component("data_loader")
PARTITIONS = LOADER.load_data("partitions")
# The others are of no public network.
PUBLIC = [partition for partition in PARTITIONS["partitions"] if "iso" not in partition["id"]]


def small(text):
    return re.sub("[^a-z0-9]", "", text.lower())


def host(rules, partition, region):
    """The host of a service in a region, with the region that requests are signed for if it is another one."""
    given = {"Region": region, "UseFIPS": False, "UseDualStack": False, "UseGlobalEndpoint": False, "ForcePathStyle": True}
    known = {name: value for name, value in given.items() if name in rules["parameters"]}
    endpoint = EndpointProvider(rules, PARTITIONS).resolve_endpoint(**known)
    schemes = endpoint.properties.get("authSchemes") or [{}]
    signed_for = schemes[0].get("signingRegion") or region
    host = endpoint.url.removeprefix("https://")
    assert "/" not in host, host
    outputs = partition["outputs"]
    names = {"{dual}": outputs["dualStackDnsSuffix"], "{suffix}": outputs["dnsSuffix"]}
    name = next((name for name, suffix in names.items() if host.endswith("." + suffix)), None)
    labels = host.removesuffix(names[name]).split(".")
    template = ".".join("{region}" if label == region else label for label in labels) + name
    return template, "" if signed_for == region else signed_for


def main():
    lines = []
    for partition in PUBLIC:
        prefixes = re.sub(r"[\^$\\()]", "", partition["regionRegex"]).split("-w+-d+")[0]
        outputs = partition["outputs"]
        lines.append(f"partition {partition['id']} {prefixes} {outputs['dnsSuffix']} {outputs['dualStackDnsSuffix']}")
    names = {small(SESSION.get_service_model(name).service_id): name for name in SESSION.get_available_services()}
    for file in sorted((FOLDER / "api").glob("*.txt")):
        model = SESSION.get_service_model(names[file.stem])
        rules = LOADER.load_service_model(names[file.stem], "endpoint-rule-set-1")
        prefix = model.metadata["endpointPrefix"]
        exceptions = {}
        words = [file.stem, re.sub("[^A-Z0-9]", "_", model.service_id.upper()), prefix]
        for partition in PUBLIC:
            regions = [region for region in partition["regions"] if not region.endswith("-global")]
            found = {region: host(rules, partition, region) for region in regions}
            usual = f"{prefix}.{{region}}.{{suffix}}"
            odd = {(template.replace("{region}", other or "{region}"), other)
                   for region, (template, other) in found.items() if (template, other) != (usual, "")}
            # In its own region, a service of one region has the host of any other.
            odd = {(template, other) for template, other in odd if other or not any(found[o][0] == template for _, o in odd if o)}
            assert len(odd) <= 1, (file.stem, odd)
            exceptions |= {partition["id"]: template + (f"@{other}" if other else "") for template, other in odd}
        if len(exceptions) == len(PUBLIC) and len(set(exceptions.values())) == 1:
            exceptions = {"*": exceptions["aws"]}
        words += [f"{partition}:{template}" for partition, template in exceptions.items()]
        lines.append(" ".join(words))
    (FOLDER / "endpoints.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
