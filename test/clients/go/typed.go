package main

import (
	"context"
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	applycorev1 "k8s.io/client-go/applyconfigurations/core/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

var clientGoChecks = []check{
	{"typed objects are created, read, updated, listed, deleted", typedObjects},
	{"typed patches of every kind", typedPatches},
	{"errors have their reasons", typedErrors},
	{"typed server-side apply conflicts and forces", typedApply},
	{"an informer sees adds, updates, deletes and resyncs", informer},
	{"finalizers hold an object, owners take dependents along", finalizersAndOwners},
	{"leadership passes on", leadership},
	{"dynamic client: a definition and its custom resources", dynamicObjects},
	{"discovery and OpenAPI know the custom resource", discovers},
}

func names(object string) metav1.ObjectMeta { return metav1.ObjectMeta{Name: object} }

func deployment(name string) *appsv1.Deployment {
	labels := map[string]string{"app": name}
	return &appsv1.Deployment{
		ObjectMeta: names(name),
		Spec: appsv1.DeploymentSpec{
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "web", Image: "nginx"}}},
			},
		},
	}
}

func typedObjects(ctx context.Context, config *rest.Config) error {
	client := kubernetes.NewForConfigOrDie(config)
	deployments := client.AppsV1().Deployments("default")
	made, err := deployments.Create(ctx, deployment("typed"), metav1.CreateOptions{})
	if err != nil {
		return err
	}
	if made.UID == "" || *made.Spec.Replicas != 1 || made.Spec.Template.Spec.RestartPolicy != corev1.RestartPolicyAlways {
		return fmt.Errorf("defaults are missing: %+v", made.Spec)
	}
	three := int32(3)
	made.Spec.Replicas = &three
	updated, err := deployments.Update(ctx, made, metav1.UpdateOptions{})
	if err != nil {
		return err
	}
	if updated.Generation != 2 {
		return fmt.Errorf("generation %d after a change of the spec", updated.Generation)
	}
	if _, err := deployments.Update(ctx, made, metav1.UpdateOptions{}); !apierrors.IsConflict(err) {
		return fmt.Errorf("an update of an old state: %v", err)
	}
	updated.Status.ReadyReplicas, updated.Status.Replicas = 2, 3
	if updated, err = deployments.UpdateStatus(ctx, updated, metav1.UpdateOptions{}); err != nil || updated.Status.ReadyReplicas != 2 {
		return fmt.Errorf("status: %v %v", updated, err)
	}
	scale, err := deployments.GetScale(ctx, "typed", metav1.GetOptions{})
	if err != nil || scale.Spec.Replicas != 3 || scale.Status.Selector != "app=typed" {
		return fmt.Errorf("scale: %+v %v", scale, err)
	}
	list, err := deployments.List(ctx, metav1.ListOptions{FieldSelector: "metadata.name=typed", Limit: 1})
	if err != nil || len(list.Items) != 1 {
		return fmt.Errorf("list: %+v %v", list, err)
	}
	if err := deployments.Delete(ctx, "typed", metav1.DeleteOptions{}); err != nil {
		return err
	}
	_, err = deployments.Get(ctx, "typed", metav1.GetOptions{})
	return expect(apierrors.IsNotFound(err), "after the deletion: %v", err)
}

func typedPatches(ctx context.Context, config *rest.Config) error {
	configMaps := kubernetes.NewForConfigOrDie(config).CoreV1().ConfigMaps("default")
	if _, err := configMaps.Create(ctx, &corev1.ConfigMap{ObjectMeta: names("patched"), Data: map[string]string{"a": "1"}}, metav1.CreateOptions{}); err != nil {
		return err
	}
	for _, patch := range []struct {
		how  types.PatchType
		text string
	}{
		{types.JSONPatchType, `[{"op":"test","path":"/data/a","value":"1"},{"op":"add","path":"/data/json","value":"x"}]`},
		{types.MergePatchType, `{"data":{"merge":"x","a":null}}`},
		{types.StrategicMergePatchType, `{"metadata":{"finalizers":["example.com/one"]},"data":{"strategic":"x"}}`},
		{types.StrategicMergePatchType, `{"metadata":{"$deleteFromPrimitiveList/finalizers":["example.com/one"]}}`},
	} {
		if _, err := configMaps.Patch(ctx, "patched", patch.how, []byte(patch.text), metav1.PatchOptions{}); err != nil {
			return fmt.Errorf("%s: %w", patch.how, err)
		}
	}
	got, err := configMaps.Get(ctx, "patched", metav1.GetOptions{})
	if err != nil {
		return err
	}
	if len(got.Data) != 3 || len(got.Finalizers) != 0 {
		return fmt.Errorf("patched to %v, finalizers %v", got.Data, got.Finalizers)
	}
	dry, err := configMaps.Patch(ctx, "patched", types.MergePatchType, []byte(`{"data":{"dry":"x"}}`), metav1.PatchOptions{DryRun: []string{metav1.DryRunAll}})
	if err != nil || dry.Data["dry"] != "x" {
		return fmt.Errorf("dry run: %v %v", dry, err)
	}
	return configMaps.DeleteCollection(ctx, metav1.DeleteOptions{}, metav1.ListOptions{FieldSelector: "metadata.name=patched"})
}

func typedErrors(ctx context.Context, config *rest.Config) error {
	client := kubernetes.NewForConfigOrDie(config)
	_, err := client.CoreV1().ConfigMaps("default").Get(ctx, "nobody", metav1.GetOptions{})
	if !apierrors.IsNotFound(err) {
		return fmt.Errorf("missing: %v", err)
	}
	_, err = client.CoreV1().ConfigMaps("default").Create(ctx, &corev1.ConfigMap{ObjectMeta: names("kube-root-ca.crt")}, metav1.CreateOptions{})
	if !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("twice: %v", err)
	}
	_, err = client.CoreV1().ConfigMaps("nowhere").Create(ctx, &corev1.ConfigMap{ObjectMeta: names("a")}, metav1.CreateOptions{})
	if !apierrors.IsNotFound(err) {
		return fmt.Errorf("missing namespace: %v", err)
	}
	bad := deployment("bad")
	bad.Spec.Template.Labels = map[string]string{"other": "label"}
	_, err = client.AppsV1().Deployments("default").Create(ctx, bad, metav1.CreateOptions{})
	status, ok := err.(apierrors.APIStatus)
	if !apierrors.IsInvalid(err) || !ok || len(status.Status().Details.Causes) != 1 || status.Status().Details.Causes[0].Field != "spec.template.metadata.labels" {
		return fmt.Errorf("invalid: %v", err)
	}
	nobody := rest.AnonymousClientConfig(config)
	_, err = kubernetes.NewForConfigOrDie(nobody).CoreV1().Secrets("default").List(ctx, metav1.ListOptions{})
	return expect(apierrors.IsForbidden(err), "anonymous: %v", err)
}

func typedApply(ctx context.Context, config *rest.Config) error {
	configMaps := kubernetes.NewForConfigOrDie(config).CoreV1().ConfigMaps("default")
	mine := applycorev1.ConfigMap("applied", "default").WithData(map[string]string{"a": "1", "b": "2"})
	if _, err := configMaps.Apply(ctx, mine, metav1.ApplyOptions{FieldManager: "one"}); err != nil {
		return err
	}
	theirs := applycorev1.ConfigMap("applied", "default").WithData(map[string]string{"a": "9"})
	_, err := configMaps.Apply(ctx, theirs, metav1.ApplyOptions{FieldManager: "two"})
	if !apierrors.IsConflict(err) {
		return fmt.Errorf("another manager's field: %v", err)
	}
	if _, err = configMaps.Apply(ctx, theirs, metav1.ApplyOptions{FieldManager: "two", Force: true}); err != nil {
		return err
	}
	got, err := configMaps.Get(ctx, "applied", metav1.GetOptions{})
	if err != nil {
		return err
	}
	extracted, err := applycorev1.ExtractConfigMap(got, "one")
	if err != nil || len(extracted.Data) != 1 || extracted.Data["b"] != "2" {
		return fmt.Errorf("what is left to the first manager: %+v %v", extracted, err)
	}
	empty := applycorev1.ConfigMap("applied", "default")
	if got, err = configMaps.Apply(ctx, empty, metav1.ApplyOptions{FieldManager: "one"}); err != nil {
		return err
	}
	if len(got.Data) != 1 || got.Data["a"] != "9" {
		return fmt.Errorf("what the first manager gave up stayed: %v", got.Data)
	}
	return configMaps.Delete(ctx, "applied", metav1.DeleteOptions{})
}

func informer(ctx context.Context, config *rest.Config) error {
	client := kubernetes.NewForConfigOrDie(config)
	secrets := client.CoreV1().Secrets("default")
	label := map[string]string{"watched": "yes"}
	if _, err := secrets.Create(ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "before", Labels: label}}, metav1.CreateOptions{}); err != nil {
		return err
	}
	factory := informers.NewSharedInformerFactoryWithOptions(client, time.Second, informers.WithNamespace("default"),
		informers.WithTweakListOptions(func(options *metav1.ListOptions) { options.LabelSelector = "watched=yes" }))
	events := make(chan string, 100)
	shared := factory.Core().V1().Secrets()
	if _, err := shared.Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: func(object any) { events <- "add " + object.(*corev1.Secret).Name },
		UpdateFunc: func(old, object any) {
			how := "update "
			if old.(*corev1.Secret).ResourceVersion == object.(*corev1.Secret).ResourceVersion {
				how = "resync "
			}
			events <- how + object.(*corev1.Secret).Name
		},
		DeleteFunc: func(object any) { events <- "delete " + object.(*corev1.Secret).Name },
	}); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer func() { cancel(); factory.Shutdown() }()
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	next := func(wanted string) error {
		timeout := time.After(patience)
		for {
			select {
			case event := <-events:
				if event == wanted {
					return nil
				}
				if event[:6] != "resync" {
					return fmt.Errorf("%q came instead of %q", event, wanted)
				}
			case <-timeout:
				return fmt.Errorf("%q did not come", wanted)
			}
		}
	}
	if err := next("add before"); err != nil {
		return err
	}
	if _, err := shared.Lister().Secrets("default").Get("before"); err != nil {
		return err
	}
	made, err := secrets.Create(ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "after", Labels: label}}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	if err := next("add after"); err != nil {
		return err
	}
	made.StringData = map[string]string{"key": "value"}
	if made, err = secrets.Update(ctx, made, metav1.UpdateOptions{}); err != nil {
		return err
	}
	if err := next("update after"); err != nil {
		return err
	}
	if err := next("resync after"); err != nil {
		return err
	}
	made.Labels = nil
	if _, err = secrets.Update(ctx, made, metav1.UpdateOptions{}); err != nil {
		return err
	}
	if err := next("delete after"); err != nil {
		return err
	}
	if err := secrets.Delete(ctx, "before", metav1.DeleteOptions{}); err != nil {
		return err
	}
	if err := next("delete before"); err != nil {
		return err
	}
	return secrets.Delete(ctx, "after", metav1.DeleteOptions{})
}

func finalizersAndOwners(ctx context.Context, config *rest.Config) error {
	client := kubernetes.NewForConfigOrDie(config)
	configMaps := client.CoreV1().ConfigMaps("default")
	owner, err := configMaps.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "owner", Finalizers: []string{"example.com/hold"}}}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	reference := metav1.OwnerReference{APIVersion: "v1", Kind: "ConfigMap", Name: "owner", UID: owner.UID}
	if _, err := configMaps.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "dependent", OwnerReferences: []metav1.OwnerReference{reference}}}, metav1.CreateOptions{}); err != nil {
		return err
	}
	background := metav1.DeletePropagationBackground
	if err := configMaps.Delete(ctx, "owner", metav1.DeleteOptions{PropagationPolicy: &background, Preconditions: metav1.NewUIDPreconditions(string(owner.UID))}); err != nil {
		return err
	}
	if owner, err = configMaps.Get(ctx, "owner", metav1.GetOptions{}); err != nil || owner.DeletionTimestamp == nil {
		return fmt.Errorf("the finalizer did not hold: %v %v", owner, err)
	}
	owner.Finalizers = nil
	if _, err := configMaps.Update(ctx, owner, metav1.UpdateOptions{}); err != nil {
		return err
	}
	return until(ctx, "the dependent goes with its owner", func() (bool, error) {
		_, err := configMaps.Get(ctx, "dependent", metav1.GetOptions{})
		return apierrors.IsNotFound(err), nil
	})
}

func leadership(ctx context.Context, config *rest.Config) error {
	client := kubernetes.NewForConfigOrDie(config)
	leaders := make(chan string, 10)
	candidate := func(name string) context.CancelFunc {
		ctx, cancel := context.WithCancel(ctx)
		lock := &resourcelock.LeaseLock{LeaseMeta: metav1.ObjectMeta{Name: "leader", Namespace: "default"}, Client: client.CoordinationV1(),
			LockConfig: resourcelock.ResourceLockConfig{Identity: name}}
		go leaderelection.RunOrDie(ctx, leaderelection.LeaderElectionConfig{
			Lock: lock, LeaseDuration: 3 * time.Second, RenewDeadline: 2 * time.Second, RetryPeriod: 200 * time.Millisecond, ReleaseOnCancel: true,
			Callbacks: leaderelection.LeaderCallbacks{OnStartedLeading: func(context.Context) { leaders <- name }, OnStoppedLeading: func() {}},
		})
		return cancel
	}
	wait := func(name string) error {
		select {
		case leader := <-leaders:
			return expect(leader == name, "%s leads instead of %s", leader, name)
		case <-time.After(patience):
			return fmt.Errorf("%s does not lead", name)
		}
	}
	stopFirst := candidate("first")
	defer stopFirst()
	if err := wait("first"); err != nil {
		return err
	}
	defer candidate("second")()
	stopFirst()
	if err := wait("second"); err != nil {
		return err
	}
	lease, err := client.CoordinationV1().Leases("default").Get(ctx, "leader", metav1.GetOptions{})
	if err != nil {
		return err
	}
	return expect(*lease.Spec.HolderIdentity == "second" && *lease.Spec.LeaseTransitions >= 1, "the lease says %+v", lease.Spec)
}
