# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors

import subprocess

from demo.walk.openrc import openrc

CLOUD = {
    "auth": {
        "auth_url": "http://127.0.10.1:5000/v3",
        "username": "demo",
        "password": "it's $HOME `ls`",
        "project_name": "demo",
        "user_domain_id": "default",
        "project_domain_id": "default",
    },
    "region_name": "RegionOne",
    "interface": "public",
    "identity_api_version": 3,
}


def test_a_shell_that_sources_it_has_the_clouds_settings() -> None:
    script = openrc(CLOUD) + "env\n"
    done = subprocess.run(
        ["sh", "-e"],
        input=script,
        env={"OS_CLOUD": "another"},
        capture_output=True,
        text=True,
        check=True,
    )
    found = dict(line.split("=", 1) for line in done.stdout.splitlines())
    assert {key: value for key, value in found.items() if key[:3] == "OS_"} == {
        "OS_AUTH_URL": "http://127.0.10.1:5000/v3",
        "OS_USERNAME": "demo",
        "OS_PASSWORD": "it's $HOME `ls`",
        "OS_PROJECT_NAME": "demo",
        "OS_USER_DOMAIN_ID": "default",
        "OS_PROJECT_DOMAIN_ID": "default",
        "OS_REGION_NAME": "RegionOne",
        "OS_INTERFACE": "public",
        "OS_IDENTITY_API_VERSION": "3",
    }
