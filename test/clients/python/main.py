"""Uses an API server the way programs with the `kubernetes` package do: typed clients, watches, the dynamic client and leader election.
KUBECONFIG says where; test/clients/run starts it."""

import os
import sys
import threading
import time
from importlib.metadata import version

import yaml
from kubernetes import client, config, dynamic, watch
from kubernetes.client.rest import ApiException
from kubernetes.dynamic.exceptions import ConflictError, NotFoundError, UnprocessibleEntityError
from kubernetes.leaderelection import electionconfig, leaderelection
from kubernetes.leaderelection.resourcelock.leaselock import LeaseLock

NAMESPACE = "default"
PATIENCE = 30


def until(what, condition):
    deadline = time.time() + PATIENCE
    while not condition():
        if time.time() > deadline:
            raise AssertionError(f"waited in vain: {what}")
        time.sleep(0.02)


def refused(status, call):
    """Holds that a call is refused with this status."""
    try:
        call()
    except ApiException as error:
        assert error.status == status, f"{error.status} instead of {status}: {error.body}"
        return error
    raise AssertionError(f"not refused with {status}")


def missing(read, name):
    try:
        read(name, NAMESPACE)
        return False
    except ApiException as error:
        return error.status == 404


def config_map(name, **more):
    return client.V1ConfigMap(metadata=client.V1ObjectMeta(name=name, labels={"made": "python"}, **more), data={"a": "1"})


def typed():
    core = client.CoreV1Api()
    made = core.create_namespaced_config_map(NAMESPACE, config_map("typed"))
    made.data["a"] = "2"
    replaced = core.replace_namespaced_config_map("typed", NAMESPACE, made)
    assert replaced.data == {"a": "2"} and replaced.metadata.resource_version != made.metadata.resource_version
    refused(409, lambda: core.replace_namespaced_config_map("typed", NAMESPACE, made))
    refused(409, lambda: core.create_namespaced_config_map(NAMESPACE, config_map("typed")))
    refused(404, lambda: core.read_namespaced_config_map("nobody", NAMESPACE))
    assert "lowercase RFC 1123" in refused(422, lambda: core.create_namespaced_config_map(NAMESPACE, config_map("Bad_Name"))).body
    page = core.list_namespaced_config_map(NAMESPACE, limit=1)
    assert len(page.items) == 1 and page.metadata._continue
    rest = core.list_namespaced_config_map(NAMESPACE, limit=1, _continue=page.metadata._continue)
    assert rest.items[0].metadata.name != page.items[0].metadata.name
    core.delete_namespaced_config_map("typed", NAMESPACE)
    assert missing(core.read_namespaced_config_map, "typed")


def deployments():
    apps = client.AppsV1Api()
    labels = {"app": "python"}
    pod = client.V1PodTemplateSpec(
        metadata=client.V1ObjectMeta(labels=labels),
        spec=client.V1PodSpec(containers=[client.V1Container(name="web", image="nginx", resources=client.V1ResourceRequirements(limits={"cpu": "0.5"}))]),
    )
    spec = client.V1DeploymentSpec(selector=client.V1LabelSelector(match_labels=labels), template=pod)
    made = apps.create_namespaced_deployment(NAMESPACE, client.V1Deployment(metadata=client.V1ObjectMeta(name="python"), spec=spec))
    assert made.spec.replicas == 1 and made.spec.template.spec.containers[0].resources.limits == {"cpu": "500m"}
    apps.patch_namespaced_deployment_scale("python", NAMESPACE, {"spec": {"replicas": 4}})
    assert apps.read_namespaced_deployment_scale("python", NAMESPACE).spec.replicas == 4
    status = apps.patch_namespaced_deployment_status("python", NAMESPACE, {"status": {"readyReplicas": 1, "replicas": 4}})
    assert status.status.ready_replicas == 1
    bad = {"spec": {"template": {"metadata": {"labels": {"app": "other"}}}}}
    refused(422, lambda: apps.patch_namespaced_deployment("python", NAMESPACE, bad))
    apps.delete_namespaced_deployment("python", NAMESPACE)


def patches():
    core = client.CoreV1Api()
    core.create_namespaced_config_map(NAMESPACE, config_map("patched"))
    core.patch_namespaced_config_map("patched", NAMESPACE, {"data": {"merged": "x"}})
    core.patch_namespaced_config_map("patched", NAMESPACE, [{"op": "add", "path": "/data/json", "value": "x"}])
    mine = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "patched"}, "data": {"a": "mine"}}
    apply = {"field_manager": "python", "_content_type": "application/apply-patch+yaml"}
    refused(409, lambda: core.patch_namespaced_config_map("patched", NAMESPACE, mine, **apply))
    got = core.patch_namespaced_config_map("patched", NAMESPACE, mine, force=True, **apply)
    assert got.data == {"a": "mine", "merged": "x", "json": "x"}, got.data
    assert [entry.manager for entry in got.metadata.managed_fields if entry.operation == "Apply"] == ["python"]
    core.delete_collection_namespaced_config_map(NAMESPACE, label_selector="made=python")


def watches():
    core = client.CoreV1Api()
    start = core.list_namespaced_secret(NAMESPACE).metadata.resource_version

    def change():
        core.create_namespaced_secret(NAMESPACE, client.V1Secret(metadata=client.V1ObjectMeta(name="watched"), string_data={"a": "b"}))
        core.patch_namespaced_secret("watched", NAMESPACE, {"metadata": {"labels": {"x": "y"}}})
        core.delete_namespaced_secret("watched", NAMESPACE)

    worker = threading.Thread(target=change)
    worker.start()
    seen = []
    stream = watch.Watch()
    for event in stream.stream(core.list_namespaced_secret, NAMESPACE, resource_version=start, timeout_seconds=PATIENCE):
        seen.append((event["type"], event["object"].metadata.name))
        if event["type"] == "DELETED":
            stream.stop()
    worker.join()
    assert seen == [("ADDED", "watched"), ("MODIFIED", "watched"), ("DELETED", "watched")], seen
    begun = time.time()
    assert list(watch.Watch().stream(core.list_namespaced_secret, NAMESPACE, timeout_seconds=1)) == [] and time.time() - begun < PATIENCE


def finalizers_and_owners():
    core = client.CoreV1Api()
    owner = core.create_namespaced_config_map(NAMESPACE, config_map("owner", finalizers=["python.example.com/hold"]))
    reference = client.V1OwnerReference(api_version="v1", kind="ConfigMap", name="owner", uid=owner.metadata.uid)
    core.create_namespaced_config_map(NAMESPACE, config_map("dependent", owner_references=[reference]))
    core.delete_namespaced_config_map("owner", NAMESPACE, propagation_policy="Background")
    assert core.read_namespaced_config_map("owner", NAMESPACE).metadata.deletion_timestamp is not None
    core.patch_namespaced_config_map("owner", NAMESPACE, {"metadata": {"finalizers": None}})
    until("the dependent goes with its owner", lambda: missing(core.read_namespaced_config_map, "dependent"))


def custom_resources():
    with open(os.environ["WIDGET_DEFINITION"]) as file:
        definition = yaml.safe_load(file)
    extensions = client.ApiextensionsV1Api()
    extensions.create_custom_resource_definition(definition)
    name = definition["metadata"]["name"]

    def established():
        conditions = extensions.read_custom_resource_definition(name).status.conditions or []
        return any(condition.type == "Established" and condition.status == "True" for condition in conditions)

    until("the definition is established", established)
    objects = client.CustomObjectsApi()
    where = ("clients.example.com", "v1", NAMESPACE, "widgets")
    widget = {"apiVersion": "clients.example.com/v1", "kind": "Widget", "metadata": {"name": "one"}, "spec": {"size": 3}}
    made = objects.create_namespaced_custom_object(*where, widget)
    assert made["spec"] == {"size": 3, "color": "blue"}, made
    widget["spec"]["size"] = 1000
    widget["metadata"]["name"] = "two"
    assert "less than or equal to 100" in refused(422, lambda: objects.create_namespaced_custom_object(*where, widget)).body
    objects.patch_namespaced_custom_object_status(*where, "one", {"status": {"phase": "Ready"}})
    assert objects.get_namespaced_custom_object(*where, "one")["status"]["phase"] == "Ready"
    assert objects.get_namespaced_custom_object_scale(*where, "one")["spec"]["replicas"] == 3
    objects.delete_namespaced_custom_object(*where, "one")


def dynamic_client():
    dynamics = dynamic.DynamicClient(client.ApiClient())
    widgets = dynamics.resources.get(api_version="clients.example.com/v1", kind="Widget")
    assert widgets.namespaced and "wd" in widgets.short_names
    widget = {"apiVersion": "clients.example.com/v1", "kind": "Widget", "metadata": {"name": "dynamic"}, "spec": {"size": 1}}
    widgets.create(body=widget, namespace=NAMESPACE)
    changed = {**widget, "spec": {"size": 2}}
    try:
        widgets.server_side_apply(body=changed, name="dynamic", namespace=NAMESPACE, field_manager="dynamic")
        raise AssertionError("another manager's field was taken")
    except ConflictError:
        pass
    applied = widgets.server_side_apply(body=changed, name="dynamic", namespace=NAMESPACE, field_manager="dynamic", force_conflicts=True)
    assert applied.spec.size == 2
    try:
        widgets.patch(body={"spec": {"color": "red"}}, name="dynamic", namespace=NAMESPACE, content_type="application/merge-patch+json")
        raise AssertionError("a value outside the enumeration was accepted")
    except UnprocessibleEntityError:
        pass
    for event in widgets.watch(namespace=NAMESPACE, timeout=PATIENCE):
        assert event["type"] == "ADDED" and event["object"].metadata.name == "dynamic"
        break
    widgets.delete(name="dynamic", namespace=NAMESPACE)
    try:
        widgets.get(name="dynamic", namespace=NAMESPACE)
        raise AssertionError("not deleted")
    except NotFoundError:
        pass


def leader_election():
    led = threading.Event()
    lock = LeaseLock("python-leader", NAMESPACE, "one")
    timing = {"lease_duration": 3, "renew_deadline": 2, "retry_period": 1}
    settings = electionconfig.Config(lock, **timing, onstarted_leading=led.set, onstopped_leading=lambda: None)
    threading.Thread(target=leaderelection.LeaderElection(settings).run, daemon=True).start()
    assert led.wait(PATIENCE), "nobody leads"
    lease = client.CoordinationV1Api().read_namespaced_lease("python-leader", NAMESPACE)
    assert lease.spec.holder_identity == "one", lease.spec


CHECKS = {
    "typed objects, pages and errors": typed,
    "Deployments with scale and status": deployments,
    "merge, JSON and server-side apply patches": patches,
    "a watch from a resourceVersion, and one that times out": watches,
    "finalizers hold an object, owners take dependents along": finalizers_and_owners,
    "a definition and its custom resources": custom_resources,
    "the dynamic client": dynamic_client,
    "leader election": leader_election,
}

if __name__ == "__main__":
    config.load_kube_config()
    print("VERSION kubernetes", version("kubernetes"))
    failed = False
    for title, check in CHECKS.items():
        try:
            check()
            print("PASS", title)
        except Exception as error:  # whatever it is, the next check runs
            failed = True
            print(f"FAIL {title}: {type(error).__name__}: {str(error)[:600]!r}")
    sys.stdout.flush()
    os._exit(1 if failed else 0)
