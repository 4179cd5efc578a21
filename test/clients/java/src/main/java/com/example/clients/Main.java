package com.example.clients;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.Version;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElectionConfigBuilder;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaseLock;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.io.FileInputStream;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Uses an API server the way programs with fabric8's client do. KUBECONFIG says where; test/clients/run starts it. */
public final class Main {
  private static final long PATIENCE = 30;
  private static final String NAMESPACE = "default";

  private interface Check {
    void run(KubernetesClient client) throws Exception;
  }

  public static void main(String[] arguments) {
    Map<String, Check> checks = new LinkedHashMap<>();
    checks.put("typed objects and their errors", Main::typed);
    checks.put("Deployments with scale and status", Main::deployments);
    checks.put("JSON, merge, strategic and server-side apply patches", Main::patches);
    checks.put("an informer with an index", Main::informer);
    checks.put("finalizers hold an object, owners take dependents along", Main::finalizersAndOwners);
    checks.put("a definition and its custom resources", Main::customResources);
    checks.put("leadership passes on", Main::leadership);
    boolean failed = false;
    try (KubernetesClient client = new KubernetesClientBuilder().build()) {
      System.out.println("VERSION fabric8 kubernetes-client " + Version.clientVersion());
      for (Map.Entry<String, Check> check : checks.entrySet()) {
        try {
          check.getValue().run(client);
          System.out.println("PASS " + check.getKey());
        } catch (Exception | AssertionError error) {
          failed = true;
          System.out.println("FAIL " + check.getKey() + ": " + error.toString().replace('\n', ' '));
        }
      }
    }
    System.exit(failed ? 1 : 0);
  }

  private static void ensure(boolean condition, String what) {
    if (!condition) throw new AssertionError(what);
  }

  private static void refused(int code, Runnable call) {
    try {
      call.run();
    } catch (KubernetesClientException error) {
      ensure(error.getCode() == code, error.getCode() + " instead of " + code + ": " + error.getMessage());
      return;
    }
    throw new AssertionError("not refused with " + code);
  }

  private static ConfigMap configMap(String name) {
    return new ConfigMapBuilder().withNewMetadata().withName(name).addToLabels("made", "java").endMetadata().addToData("a", "1").build();
  }

  private static void typed(KubernetesClient client) {
    var maps = client.configMaps().inNamespace(NAMESPACE);
    ConfigMap made = maps.resource(configMap("typed")).create();
    ConfigMap changed = maps.resource(new ConfigMapBuilder(made).addToData("a", "2").build()).update();
    ensure("2".equals(changed.getData().get("a")), "not updated");
    refused(409, () -> maps.resource(new ConfigMapBuilder(made).addToData("a", "3").build()).lockResourceVersion().update());
    refused(409, () -> maps.resource(configMap("typed")).create());
    refused(422, () -> maps.resource(configMap("Bad_Name")).create());
    ensure(maps.withName("nobody").get() == null, "a missing object was found");
    ensure(maps.withLabel("made", "java").list().getItems().size() == 1, "the list is wrong");
    maps.withName("typed").delete();
    ensure(maps.withName("typed").waitUntilCondition(object -> object == null, PATIENCE, TimeUnit.SECONDS) == null, "not deleted");
  }

  private static void deployments(KubernetesClient client) {
    var deployments = client.apps().deployments().inNamespace(NAMESPACE);
    Deployment made = deployments.resource(new DeploymentBuilder()
        .withNewMetadata().withName("java").endMetadata()
        .withNewSpec().withNewSelector().addToMatchLabels("app", "java").endSelector()
        .withNewTemplate().withNewMetadata().addToLabels("app", "java").endMetadata()
        .withNewSpec().addNewContainer().withName("web").withImage("nginx").endContainer().endSpec().endTemplate().endSpec()
        .build()).create();
    ensure(made.getSpec().getReplicas() == 1, "the default is missing");
    ensure(deployments.withName("java").scale(4).getSpec().getReplicas() == 4, "not scaled");
    Deployment now = deployments.withName("java").editStatus(object ->
        new DeploymentBuilder(object).editOrNewStatus().withReplicas(4).withReadyReplicas(4).withAvailableReplicas(4).endStatus().build());
    ensure(now.getStatus().getReadyReplicas() == 4 && now.getMetadata().getGeneration() == 2, "no status");
    deployments.withName("java").withPropagationPolicy(DeletionPropagation.FOREGROUND).delete();
    deployments.withName("java").waitUntilCondition(object -> object == null, PATIENCE, TimeUnit.SECONDS);
  }

  private static void patches(KubernetesClient client) {
    var map = client.configMaps().inNamespace(NAMESPACE).withName("patched");
    client.configMaps().inNamespace(NAMESPACE).resource(configMap("patched")).create();
    map.patch(PatchContext.of(PatchType.JSON), "[{\"op\":\"add\",\"path\":\"/data/json\",\"value\":\"x\"}]");
    map.patch(PatchContext.of(PatchType.JSON_MERGE), "{\"data\":{\"merge\":\"x\"}}");
    map.patch(PatchContext.of(PatchType.STRATEGIC_MERGE), "{\"data\":{\"strategic\":\"x\"}}");
    map.edit(object -> new ConfigMapBuilder(object).addToData("edited", "x").build());
    ConfigMap mine = new ConfigMapBuilder().withNewMetadata().withName("patched").endMetadata().addToData("a", "mine").build();
    var applying = client.configMaps().inNamespace(NAMESPACE).resource(mine).fieldManager("java");
    refused(409, applying::serverSideApply);
    ConfigMap applied = client.configMaps().inNamespace(NAMESPACE).resource(mine).fieldManager("java").forceConflicts().serverSideApply();
    ensure(applied.getData().size() == 5 && "mine".equals(applied.getData().get("a")), "patched to " + applied.getData());
    client.configMaps().inNamespace(NAMESPACE).withLabel("made", "java").delete();
  }

  private static void informer(KubernetesClient client) throws Exception {
    BlockingQueue<String> events = new LinkedBlockingQueue<>();
    var secrets = client.secrets().inNamespace(NAMESPACE);
    Secret first = new SecretBuilder().withNewMetadata().withName("first").addToLabels("watched", "java").endMetadata().build();
    secrets.resource(first).create();
    try (SharedIndexInformer<Secret> informer = secrets.withLabel("watched", "java").runnableInformer(0)) {
      informer.addEventHandler(new ResourceEventHandler<>() {
        @Override public void onAdd(Secret secret) { events.add("add " + secret.getMetadata().getName()); }
        @Override public void onUpdate(Secret old, Secret secret) { events.add("update " + secret.getMetadata().getName()); }
        @Override public void onDelete(Secret secret, boolean unknown) { events.add("delete " + secret.getMetadata().getName()); }
      });
      informer.addIndexers(Map.of("watched", secret -> List.of(secret.getMetadata().getLabels().get("watched"))));
      informer.start().toCompletableFuture().get(PATIENCE, TimeUnit.SECONDS);
      next(events, "add first");
      ensure(informer.getIndexer().byIndex("watched", "java").size() == 1, "the index is wrong");
      secrets.withName("first").edit(object -> new SecretBuilder(object).addToStringData("key", "value").build());
      next(events, "update first");
      secrets.withName("first").delete();
      next(events, "delete first");
    }
  }

  private static void next(BlockingQueue<String> events, String wanted) throws InterruptedException {
    String event = events.poll(PATIENCE, TimeUnit.SECONDS);
    ensure(wanted.equals(event), event + " came instead of " + wanted);
  }

  private static void finalizersAndOwners(KubernetesClient client) {
    var maps = client.configMaps().inNamespace(NAMESPACE);
    ConfigMap owner = maps.resource(new ConfigMapBuilder(configMap("owner")).editMetadata().addToFinalizers("java.example.com/hold").endMetadata().build()).create();
    var reference = new OwnerReferenceBuilder().withApiVersion("v1").withKind("ConfigMap").withName("owner").withUid(owner.getMetadata().getUid()).build();
    maps.resource(new ConfigMapBuilder(configMap("dependent")).editMetadata().addToOwnerReferences(reference).endMetadata().build()).create();
    maps.withName("owner").withPropagationPolicy(DeletionPropagation.BACKGROUND).delete();
    ensure(maps.withName("owner").get().isMarkedForDeletion(), "the finalizer did not hold");
    maps.withName("owner").edit(object -> new ConfigMapBuilder(object).editMetadata().withFinalizers(List.of()).endMetadata().build());
    maps.withName("dependent").waitUntilCondition(object -> object == null, PATIENCE, TimeUnit.SECONDS);
  }

  private static void customResources(KubernetesClient client) throws Exception {
    try (var definition = new FileInputStream(System.getenv("WIDGET_DEFINITION"))) {
      client.resource(client.apiextensions().v1().customResourceDefinitions().load(definition).item()).serverSideApply();
    }
    client.apiextensions().v1().customResourceDefinitions().withName("widgets.clients.example.com")
        .waitUntilCondition(object -> object != null && object.getStatus() != null && object.getStatus().getConditions().stream()
            .anyMatch(condition -> "Established".equals(condition.getType()) && "True".equals(condition.getStatus())), PATIENCE, TimeUnit.SECONDS);
    var widgets = client.resources(Widget.class).inNamespace(NAMESPACE);
    Widget made = widgets.resource(widget("java", 3)).create();
    ensure("blue".equals(made.getSpec().color), "the default is missing");
    refused(422, () -> widgets.resource(widget("too-large", 1000)).create());
    Widget.Status status = new Widget.Status();
    status.phase = "Ready";
    made.setStatus(status);
    ensure("Ready".equals(widgets.resource(made).updateStatus().getStatus().phase), "no status");
    ensure(widgets.withName("java").scale(5).getSpec().size == 5, "not scaled");
    widgets.withName("java").delete();
  }

  private static Widget widget(String name, int size) {
    Widget widget = new Widget();
    widget.getMetadata().setName(name);
    widget.setSpec(new Widget.Spec());
    widget.getSpec().size = size;
    return widget;
  }

  private static void leadership(KubernetesClient client) throws Exception {
    BlockingQueue<String> leaders = new LinkedBlockingQueue<>();
    CompletableFuture<?> first = candidate(client, leaders, "one");
    next(leaders, "one");
    CompletableFuture<?> second = candidate(client, leaders, "two");
    first.cancel(true);
    next(leaders, "two");
    second.cancel(true);
  }

  private static CompletableFuture<?> candidate(KubernetesClient client, BlockingQueue<String> leaders, String name) {
    var settings = new LeaderElectionConfigBuilder().withName(name).withReleaseOnCancel(true).withLock(new LeaseLock(NAMESPACE, "java-leader", name))
        .withLeaseDuration(Duration.ofSeconds(3)).withRenewDeadline(Duration.ofSeconds(2)).withRetryPeriod(Duration.ofMillis(200))
        .withLeaderCallbacks(new LeaderCallbacks(() -> leaders.add(name), () -> { }, leader -> { })).build();
    return client.leaderElector().withConfig(settings).build().start();
  }
}
