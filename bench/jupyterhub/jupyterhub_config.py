# Read by the hub that peer.py starts, which says in PEER what is different each time.
import json
import os

c = get_config()  # noqa: F821
peer = json.loads(os.environ["PEER"])

c.JupyterHub.bind_url = peer["public"]
c.JupyterHub.hub_bind_url = peer["hub"]
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.services = [{"name": "peer", "api_token": peer["token"]}]
c.JupyterHub.load_roles = [
    {"name": "peer", "services": ["peer"], "scopes": ["admin:users", "admin:servers", "read:servers", "access:servers"]}
]

# The proxy is peer.py's child and not the hub's, so that each can be measured and ended by itself.
c.ConfigurableHTTPProxy.should_start = False
c.ConfigurableHTTPProxy.api_url = peer["proxy"]
c.ConfigurableHTTPProxy.auth_token = peer["token"]

host = peer["host"]
c.JupyterHub.spawner_class = "dockerspawner.DockerSpawner"
c.DockerSpawner.image = peer["image"]
c.DockerSpawner.name_template = peer["prefix"] + "-{username}"
c.DockerSpawner.remove = True
c.DockerSpawner.volumes = {peer["prefix"] + "-{username}": peer["home"]}
# In Berth's own network, and reached where Berth's desktops are: at a port of the loopback address.
c.DockerSpawner.network_name = host["NetworkMode"]
c.DockerSpawner.use_internal_ip = False
# Limits and hardening word for word as Berth's container has them. What DockerSpawner sets itself it sets over these: the
# memory always, and the cores unless it is told not to.
c.DockerSpawner.mem_limit = host["Memory"]
c.DockerSpawner.cpu_limit = None
c.DockerSpawner.extra_create_kwargs = {
    "hostname": peer["hostname"],
    "labels": {"berth.bench": peer["prefix"]},
    "host_config": {key: value for key, value in host.items() if key not in ("Mounts", "Binds", "PortBindings")},
}

if peer["variant"] == "raised":
    c.JupyterHub.concurrent_spawn_limit = 0
    c.JupyterHub.tornado_settings = {"slow_spawn_timeout": 0}
    c.Spawner.start_timeout = 900
    c.Spawner.http_timeout = 900
