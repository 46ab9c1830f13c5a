# SPDX-License-Identifier: Apache-2.0
"""The images and the Pod whose sealed policy tests/kata/policy judges: run through make_images."""
from images import *

PASSWD = b"root:x:0:0::/root:/bin/sh\nweb:x:1000:1001::/home/web:/bin/sh\n"
GROUP = b"root:x:0:\nbin:x:1:root\nweb:x:1001:\nlogs:x:1002:web\n"
KATA_BASE = [directory("etc"), file("etc/os-release", b"ID=lab\n"), directory("usr/bin"), file("usr/bin/kata-agent", b"\x7fELF", mode=0o755),
             directory("usr/lib/systemd/system"), file("usr/lib/systemd/system/kata-agent.service", b"[Service]\n"),
             file("usr/lib/systemd/system/kata-containers.target", b"[Unit]\n"),
             file("usr/lib/systemd/system/tmp.mount", b"[Mount]\n"), symlink("lib", "usr/lib")]


def files(name):
    return layer(directory("etc"), file("etc/passwd", PASSWD), file("etc/group", GROUP), directory("bin"),
                 file("bin/" + name, name.encode(), mode=0o755))


def kata_images():
    save("base", layer(*KATA_BASE))
    os.mkdir("images")
    for name, tag, config in [
        ("setup", "1", {"Cmd": ["/bin/setup"]}),
        ("proxy", "2", {"Entrypoint": ["/bin/proxy"], "Env": ["PATH=/bin"], "User": "web", "Volumes": {"/opt/serviceaccount": {}, "/var/lib/proxy/data": {}}}),
        ("web", "1.4", {"Cmd": ["/bin/web"], "Env": ["PATH=/usr/local/bin:/bin", "VERSION=1.4"], "WorkingDir": "/srv"}),
    ]:
        layout = Layout("images/" + name)
        repository = "docker.io/library/proxy" if name == "proxy" else "registry.example/shop/" + name
        layout.tag(repository + ":" + tag, layout.image(files(name), config=config))
