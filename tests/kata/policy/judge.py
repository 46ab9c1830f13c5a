# SPDX-License-Identifier: Apache-2.0
"""Judges a sealed policy by the table of requests beside this file.

    judge.py EVALUATOR POLICY.rego WEB-DIGEST        TAP lines, without a plan

EVALUATOR is opa or regorus. containerd.json and crio.json hold what kata-agent passes to the policy for each container of pod.yaml, honestly
made; cases.json holds the cases:

    {"says", "from": "containerd/web", "change": [...], "refused": [check...]}   an honest CreateContainerRequest, changed; refused by exactly
                                                                                 these checks, or allowed where there are none. With "state",
                                                                                 after requests that left this state of the policy
    {"says", "request", "input", "allowed", "refused"?}                          any other request; allowed null: the policy has no such rule

Every changed request is refused by the checks that are named and passes all others, so that each case shows which rule decides.
"""
import copy
import json
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
GUEST_PULL = "image_guest_pull="
NOT_SEALED = ["the image is not sealed"]
# Members that the policy leaves alone: what they say means nothing to the guest's safety.
FREE = {"ConsoleSize", "Rlimits", "ApparmorProfile", "OOMScoreAdj", "Hostname", "Version", "Solaris", "Windows", "Memory", "CPU", "Pids", "BlockIO",
        "HugepageLimits", "Network"}


class Judge:
    def __init__(self, evaluator, policy, web_digest):
        self.evaluator, self.policy, self.web_digest = evaluator, policy, web_digest
        self.honest = {runtime: self.load(runtime + ".json") for runtime in ("containerd", "crio")}
        self.input = tempfile.NamedTemporaryFile("w", suffix=".json")
        self.data = tempfile.NamedTemporaryFile("w", suffix=".json")

    def load(self, name):
        with open(os.path.join(HERE, name), encoding="utf-8") as file:
            return json.load(file)

    def document(self, request, state=None):
        """All rules of the policy, over this request; state: what the agent has kept of the "ops" of those before."""
        for file, content in (self.input, request), (self.data, {"pstate": state or {}}):
            file.seek(0)
            file.truncate()
            json.dump(content, file)
            file.flush()
        form = ["-f", "json"] if os.path.basename(self.evaluator) == "opa" else []
        run = subprocess.run([self.evaluator, "eval", *form, "-d", self.policy, "-d", self.data.name, "-i", self.input.name, "data.agent_policy"],
                             capture_output=True, text=True)
        if run.returncode:
            raise RuntimeError((run.stderr or run.stdout).strip())
        return json.loads(run.stdout)["result"][0]["expressions"][0]["value"]


def walk(request, path):
    *above, last = [part.replace("~1", "/") for part in path.strip("/").split("/")]
    for part in above:
        request = request[int(part) if isinstance(request, list) else part]
    return request, int(last) if isinstance(request, list) and last != "-" else last


def set_metadata(request, key, value):
    options = request["storages"][0]["driver_options"]
    info = json.loads(options[0][len(GUEST_PULL):])
    if value is None:
        del info["metadata"][key]
    else:
        info["metadata"][key] = value
    options[0] = GUEST_PULL + json.dumps(info)


def change(request, operation, *arguments):
    if operation == "set":
        parent, key = walk(request, arguments[0])
        parent[key] = arguments[1]
    elif operation == "drop":
        parent, key = walk(request, arguments[0])
        del parent[key]
    elif operation == "append":
        parent, key = walk(request, arguments[0])
        parent[key].append(arguments[1])
    elif operation == "remove":
        parent, key = walk(request, arguments[0])
        parent[key].remove(arguments[1])
    elif operation == "copy":
        parent, key = walk(request, arguments[0])
        walk(request, arguments[1])[0].append(copy.deepcopy(parent[key]))
    elif operation == "metadata":
        set_metadata(request, *arguments)
    elif operation == "replace":
        env = request["OCI"]["Process"]["Env"]
        env[env.index(arguments[0])] = arguments[1]
    elif operation == "drop-mount":
        mounts = request["OCI"]["Mounts"]
        mounts[:] = [mount for mount in mounts if mount["destination"] != arguments[0]]
    elif operation == "everywhere":
        return json.loads(json.dumps(request).replace(arguments[0], arguments[1]))
    else:
        raise ValueError(operation)
    return request


def changed(judge, case):
    runtime, container = case["from"].split("/")
    request = copy.deepcopy(judge.honest[runtime][container])
    for operation in case["change"]:
        request = change(request, *operation)
    return json.loads(json.dumps(request).replace("${web}", judge.web_digest))


def refusals(document):
    """The names of the checks that fail, of the request and of the container that it comes nearest to."""
    of_request = document["refused_of_request"]
    of_container = document["refused_of_container"]
    if "kind" not in of_request and not of_container:
        return of_request + NOT_SEALED
    return of_request + min(of_container.values(), key=len, default=[])


def judge_create(judge, case):
    request = changed(judge, case)
    document = judge.document(request, case.get("state"))
    verdict, failed, expected = document["CreateContainerRequest"], sorted(refusals(document)), sorted(case["refused"])
    used = {"op": "add", "path": "/pstate/" + request["container_id"], "value": True}
    if verdict != (False if expected else {"allowed": True, "ops": [used]}) or failed != expected:
        return f"allowed: {verdict}; refused by {failed}, not by {expected}"
    return ""


def judge_request(judge, case):
    document = judge.document(case["input"])
    verdict = document.get(case["request"])
    if verdict is not case["allowed"]:
        return f"{verdict}, not {case['allowed']}"
    if "refused" in case and document["refused_of_sandbox"] != case["refused"]:
        return f"refused by {document['refused_of_sandbox']}, not by {case['refused']}"
    return ""


def members(value, path=""):
    if isinstance(value, dict):
        for key, inner in value.items():
            if key not in FREE:
                yield f"{path}/{key.replace('/', '~1')}"
                yield from members(inner, f"{path}/{key.replace('/', '~1')}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from members(inner, f"{path}/{index}")


def judge_missing(judge, runtime, container):
    """A member that the policy needs is refused where it is missing: undefined is never a yes."""
    allowed = []
    for path in members(judge.honest[runtime][container]):
        # annotations but the two that say what it is are nobody's business here; no sysctl is a good sysctl
        if ("/Annotations/" in path and "container-type" not in path) or "/Sysctl/" in path:
            continue
        # of the pause container the agent runs the process that is in the guest, on a root that is its own
        if container == "pause" and re.match("/OCI/(Process/.*(Args|Cwd|Env|Capabilities|NoNewPrivileges|ID|Gids)|Root/Readonly)", path):
            continue
        request = copy.deepcopy(judge.honest[runtime][container])
        change(request, "drop", path)
        if judge.document(request)["CreateContainerRequest"] is not False:
            allowed.append(path)
    return f"allowed without {allowed}" if allowed else ""


def main():
    judge = Judge(*sys.argv[1:])
    section = ""

    def tell(says, verdict, *arguments):
        try:
            why = verdict(judge, *arguments)
        except (RuntimeError, KeyError) as error:
            why = f"{type(error).__name__}: {error}"
        print(f"{'not ok' if why else 'ok'} - {section}{says}", flush=True)
        if why:
            print(f"#   {why}")

    for runtime, containers in judge.honest.items():
        for container in containers:
            tell(f"{runtime} asks for {container}", judge_create, {"from": f"{runtime}/{container}", "change": [], "refused": []})
    for case in judge.load("cases.json"):
        if "section" in case:
            section = case["section"] + ": "
        else:
            tell(case["says"], judge_create if "from" in case else judge_request, case)
    section = ""
    for container in ("pause", "web"):
        tell(f"no member of the request for {container} may be missing", judge_missing, "containerd", container)


main()
