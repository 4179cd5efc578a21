//! A program that uses an API server the way kube-rs programs do: typed and custom objects, patches, server-side apply, watches and a controller.
//! KUBECONFIG says where; test/clients/run starts it.
use std::{future::Future, sync::Arc, time::Duration};

use futures::{StreamExt, TryStreamExt};
use k8s_openapi::{
    api::{apps::v1::Deployment, core::v1::ConfigMap},
    apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition,
};
use kube::{
    Api, Client, CustomResource, CustomResourceExt, Error, Resource, ResourceExt,
    api::{DeleteParams, ListParams, ObjectMeta, Patch, PatchParams, PostParams, PropagationPolicy},
    runtime::{
        WatchStreamExt,
        controller::{Action, Controller},
        finalizer::{Event, finalizer},
        wait::{await_condition, conditions},
        watcher,
    },
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

type Outcome = Result<(), Box<dyn std::error::Error + Send + Sync>>;
const PATIENCE: Duration = Duration::from_secs(30);

/// A kind whose definition kube-rs derives from the type.
#[derive(CustomResource, Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[kube(group = "rust.example.com", version = "v1", kind = "Gadget", namespaced, status = "GadgetStatus", shortname = "gd")]
struct GadgetSpec {
    size: i32,
    color: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
struct GadgetStatus {
    phase: String,
    size: i32,
}

fn ensure(condition: bool, what: impl Into<String>) -> Outcome {
    if condition { Ok(()) } else { Err(what.into().into()) }
}

async fn until<F: Future<Output = bool>>(what: &str, condition: impl Fn() -> F) -> Outcome {
    let wait = async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    Ok(tokio::time::timeout(PATIENCE, wait).await.map_err(|_| format!("waited in vain: {what}"))?)
}

fn has_code<T>(result: &Result<T, Error>, code: u16) -> bool {
    matches!(result, Err(Error::Api(status)) if status.code == code)
}

fn config_map(name: &str, data: serde_json::Value) -> ConfigMap {
    serde_json::from_value(json!({"metadata": {"name": name, "labels": {"made": "rust"}}, "data": data})).unwrap()
}

async fn typed(client: Client) -> Outcome {
    let api: Api<ConfigMap> = Api::default_namespaced(client);
    let mut made = api.create(&PostParams::default(), &config_map("typed", json!({"a": "1"}))).await?;
    ensure(made.uid().is_some(), "no uid")?;
    made.data.get_or_insert_default().insert("a".into(), "2".into());
    let replaced = api.replace("typed", &PostParams::default(), &made).await?;
    ensure(replaced.data.as_ref().unwrap()["a"] == "2", "not replaced")?;
    ensure(has_code(&api.replace("typed", &PostParams::default(), &made).await, 409), "an old state was accepted")?;
    ensure(has_code(&api.create(&PostParams::default(), &config_map("typed", json!({}))).await, 409), "made twice")?;
    ensure(has_code(&api.get("nobody").await, 404), "a missing object was found")?;
    ensure(has_code(&api.create(&PostParams::default(), &config_map("Bad_Name", json!({}))).await, 422), "a bad name was accepted")?;
    let page = api.list(&ListParams::default().labels("made=rust").limit(1)).await?;
    ensure(page.items.len() == 1, "the list is wrong")?;
    api.delete("typed", &DeleteParams::default()).await?;
    ensure(api.get_opt("typed").await?.is_none(), "not deleted")
}

async fn patches(client: Client) -> Outcome {
    let api: Api<ConfigMap> = Api::default_namespaced(client);
    api.create(&PostParams::default(), &config_map("patched", json!({"a": "1"}))).await?;
    let defaults = PatchParams::default();
    api.patch("patched", &defaults, &Patch::Merge(json!({"data": {"merge": "x", "a": null}}))).await?;
    api.patch("patched", &defaults, &Patch::Strategic(json!({"data": {"strategic": "x"}}))).await?;
    let apply = |data: serde_json::Value| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "patched"}, "data": data});
    let refused = api.patch("patched", &PatchParams::apply("other"), &Patch::Apply(apply(json!({"merge": "y"})))).await;
    ensure(has_code(&refused, 409), "another manager's field was taken")?;
    let forced = api.patch("patched", &PatchParams::apply("other").force(), &Patch::Apply(apply(json!({"merge": "y"})))).await?;
    let data = forced.data.unwrap();
    ensure(data.len() == 2 && data["merge"] == "y" && data["strategic"] == "x", format!("patched to {data:?}"))?;
    let managers: Vec<_> = forced.metadata.managed_fields.unwrap_or_default().into_iter().filter_map(|entry| entry.manager).collect();
    ensure(managers.contains(&"other".to_string()), format!("managers {managers:?}"))?;
    api.delete_collection(&DeleteParams::default(), &ListParams::default().fields("metadata.name=patched")).await?;
    Ok(())
}

async fn watches(client: Client) -> Outcome {
    let api: Api<ConfigMap> = Api::default_namespaced(client);
    api.create(&PostParams::default(), &config_map("watched", json!({"n": "0"}))).await?;
    for config in [watcher::Config::default(), watcher::Config::default().streaming_lists()] {
        let stream = watcher(api.clone(), config.labels("made=rust")).default_backoff().applied_objects();
        let mut stream = std::pin::pin!(stream);
        let next = tokio::time::timeout(PATIENCE, stream.try_next()).await??.ok_or("the stream ended")?;
        ensure(next.name_any() == "watched", "the first object is another")?;
        let version = next.resource_version();
        api.patch("watched", &PatchParams::default(), &Patch::Merge(json!({"data": {"at": version}}))).await?;
        let next = tokio::time::timeout(PATIENCE, stream.try_next()).await??.ok_or("the stream ended")?;
        ensure(next.data.unwrap()["at"] == version.unwrap(), "the change did not come")?;
    }
    api.delete("watched", &DeleteParams::default()).await?;
    Ok(())
}

async fn define(client: Client) -> Outcome {
    let api: Api<CustomResourceDefinition> = Api::all(client);
    let apply = PatchParams::apply("clients").force();
    api.patch(&Gadget::crd().name_any(), &apply, &Patch::Apply(Gadget::crd())).await?;
    let established = await_condition(api, "gadgets.rust.example.com", conditions::is_crd_established());
    tokio::time::timeout(PATIENCE, established).await??;
    Ok(())
}

async fn custom(client: Client) -> Outcome {
    define(client.clone()).await?;
    let api: Api<Gadget> = Api::default_namespaced(client);
    let made = api.create(&PostParams::default(), &Gadget::new("custom", GadgetSpec { size: 1, color: None })).await?;
    ensure(made.meta().generation == Some(1), "no generation")?;
    let wrong = api.patch("custom", &PatchParams::default(), &Patch::<serde_json::Value>::Merge(json!({"spec": {"size": "large"}}))).await;
    ensure(has_code(&wrong, 422), "a value of the wrong type was accepted")?;
    let status = json!({"status": {"phase": "Made", "size": 1}});
    let made = api.patch_status("custom", &PatchParams::default(), &Patch::<serde_json::Value>::Merge(status)).await?;
    ensure(made.status.is_some_and(|status| status.phase == "Made"), "no status")?;
    api.delete("custom", &DeleteParams::default()).await?;
    Ok(())
}

async fn reconcile(gadget: Arc<Gadget>, client: Arc<Client>) -> Result<Action, Error> {
    let namespace = gadget.namespace().unwrap_or_default();
    let gadgets: Api<Gadget> = Api::namespaced((*client).clone(), &namespace);
    let outside: Api<ConfigMap> = Api::namespaced((*client).clone(), &namespace);
    let deployments: Api<Deployment> = Api::namespaced((*client).clone(), &namespace);
    let name = gadget.name_any();
    finalizer(&gadgets, "rust.example.com/cleanup", gadget, |event| async {
        match event {
            Event::Apply(gadget) => {
                let labels = json!({"gadget": name});
                let owned = json!({
                    "apiVersion": "apps/v1", "kind": "Deployment",
                    "metadata": {"name": name, "ownerReferences": [gadget.controller_owner_ref(&())]},
                    "spec": {"replicas": gadget.spec.size, "selector": {"matchLabels": labels},
                        "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "web", "image": "nginx"}]}}},
                });
                let apply = PatchParams::apply("gadgets").force();
                deployments.patch(&name, &apply, &Patch::Apply(owned)).await?;
                let note = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": format!("outside-{name}")}});
                outside.patch(&format!("outside-{name}"), &apply, &Patch::Apply(note)).await?;
                let status = json!({"status": {"phase": "Ready", "size": gadget.spec.size}});
                gadgets.patch_status(&name, &PatchParams::default(), &Patch::<serde_json::Value>::Merge(status)).await?;
                Ok(Action::await_change())
            }
            Event::Cleanup(_) => {
                outside.delete(&format!("outside-{name}"), &DeleteParams::default()).await?;
                Ok(Action::await_change())
            }
        }
    })
    .await
    .map_err(|error: kube::runtime::finalizer::Error<Error>| match error {
        kube::runtime::finalizer::Error::ApplyFailed(error)
        | kube::runtime::finalizer::Error::CleanupFailed(error)
        | kube::runtime::finalizer::Error::AddFinalizer(error)
        | kube::runtime::finalizer::Error::RemoveFinalizer(error) => error,
        other => Error::Service(Box::new(other)),
    })
}

async fn controls(client: Client) -> Outcome {
    define(client.clone()).await?;
    let gadgets: Api<Gadget> = Api::default_namespaced(client.clone());
    let deployments: Api<Deployment> = Api::default_namespaced(client.clone());
    let notes: Api<ConfigMap> = Api::default_namespaced(client.clone());
    let controller = Controller::new(gadgets.clone(), watcher::Config::default())
        .owns(deployments.clone(), watcher::Config::default())
        .run(reconcile, |_, _, _| Action::requeue(Duration::from_millis(100)), Arc::new(client))
        .for_each(|_| futures::future::ready(()));
    let running = tokio::spawn(controller);
    gadgets.create(&PostParams::default(), &Gadget::new("controlled", GadgetSpec { size: 2, color: None })).await?;
    let shows = async |size: i32| {
        until(&format!("everything says {size}"), || async {
            let gadget = gadgets.get("controlled").await.ok().and_then(|gadget| gadget.status);
            let owned = deployments.get("controlled").await.ok().and_then(|owned| owned.spec);
            gadget.is_some_and(|status| status.size == size) && owned.is_some_and(|spec| spec.replicas == Some(size))
        })
        .await
    };
    shows(2).await?;
    deployments.delete("controlled", &DeleteParams::default()).await?;
    shows(2).await?;
    gadgets.patch("controlled", &PatchParams::default(), &Patch::<serde_json::Value>::Merge(json!({"spec": {"size": 5}}))).await?;
    shows(5).await?;
    let foreground = DeleteParams { propagation_policy: Some(PropagationPolicy::Foreground), ..DeleteParams::default() };
    gadgets.delete("controlled", &foreground).await?;
    until("everything goes with the Gadget", || async {
        matches!(gadgets.get_opt("controlled").await, Ok(None))
            && matches!(deployments.get_opt("controlled").await, Ok(None))
            && matches!(notes.get_opt("outside-controlled").await, Ok(None))
    })
    .await?;
    running.abort();
    Ok(())
}

async fn finalizers_and_owners(client: Client) -> Outcome {
    let api: Api<ConfigMap> = Api::default_namespaced(client);
    let mut owner = config_map("owner", json!({}));
    owner.metadata = ObjectMeta { finalizers: Some(vec!["rust.example.com/hold".into()]), ..owner.metadata };
    let owner = api.create(&PostParams::default(), &owner).await?;
    let mut dependent = config_map("dependent", json!({}));
    dependent.metadata.owner_references = owner.owner_ref(&()).map(|reference| vec![reference]);
    api.create(&PostParams::default(), &dependent).await?;
    api.delete("owner", &DeleteParams::background()).await?;
    ensure(api.get("owner").await?.meta().deletion_timestamp.is_some(), "the finalizer did not hold")?;
    api.patch("owner", &PatchParams::default(), &Patch::<serde_json::Value>::Merge(json!({"metadata": {"finalizers": null}}))).await?;
    until("the dependent goes with its owner", || async { matches!(api.get_opt("dependent").await, Ok(None)) }).await
}

#[tokio::main]
async fn main() {
    let client = Client::try_default().await.expect("KUBECONFIG");
    println!("VERSION kube-rs 5.0.0");
    let mut failed = false;
    let mut report = |name: &str, outcome: Outcome| match outcome {
        Ok(()) => println!("PASS {name}"),
        Err(error) => {
            failed = true;
            println!("FAIL {name}: {error}");
        }
    };
    report("typed objects and their errors", typed(client.clone()).await);
    report("merge, strategic and server-side apply patches", patches(client.clone()).await);
    report("a watcher by list and by streaming list", watches(client.clone()).await);
    report("a derived definition, its objects and status", custom(client.clone()).await);
    report("a controller with finalizer, status and owned Deployments", controls(client.clone()).await);
    report("finalizers hold an object, owners take dependents along", finalizers_and_owners(client).await);
    std::process::exit(i32::from(failed));
}
