package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-logr/logr"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
)

var controllerRuntimeChecks = []check{
	{"a controller with finalizer, status and owned Deployments, led by one of two managers", reconciles},
	{"the client applies, patches and deletes collections", controllerClient},
}

const finalizer = "clients.example.com/cleanup"

// reconciler makes a Deployment for every Widget, reports its size as status, and removes what no owner reference covers when the Widget goes.
type reconciler struct{ client.Client }

func newWidget() *unstructured.Unstructured {
	widget := &unstructured.Unstructured{}
	widget.SetGroupVersionKind(widgets.GroupVersion().WithKind("Widget"))
	return widget
}

func (r *reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	widget := newWidget()
	if err := r.Get(ctx, request.NamespacedName, widget); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	outside := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "outside-" + request.Name, Namespace: request.Namespace}}
	if widget.GetDeletionTimestamp() != nil {
		if err := r.Delete(ctx, outside); client.IgnoreNotFound(err) != nil {
			return ctrl.Result{}, err
		}
		if controllerutil.RemoveFinalizer(widget, finalizer) {
			return ctrl.Result{}, client.IgnoreNotFound(r.Update(ctx, widget))
		}
		return ctrl.Result{}, nil
	}
	if controllerutil.AddFinalizer(widget, finalizer) {
		if err := r.Update(ctx, widget); err != nil {
			return ctrl.Result{}, err
		}
	}
	if err := r.Create(ctx, outside); err != nil && !apierrors.IsAlreadyExists(err) {
		return ctrl.Result{}, err
	}
	size, _, _ := unstructured.NestedInt64(widget.Object, "spec", "size")
	owned := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: request.Name, Namespace: request.Namespace}}
	if _, err := controllerutil.CreateOrUpdate(ctx, r.Client, owned, func() error {
		wanted := deployment(request.Name)
		owned.Spec.Selector, owned.Spec.Template.Labels = wanted.Spec.Selector, wanted.Spec.Template.Labels
		if len(owned.Spec.Template.Spec.Containers) == 0 {
			owned.Spec.Template.Spec.Containers = wanted.Spec.Template.Spec.Containers
		}
		replicas := int32(size)
		owned.Spec.Replicas = &replicas
		return controllerutil.SetControllerReference(widget, owned, r.Scheme())
	}); err != nil {
		return ctrl.Result{}, err
	}
	before := widget.DeepCopy()
	status := map[string]any{"phase": "Ready", "size": size, "observedGeneration": widget.GetGeneration()}
	if err := unstructured.SetNestedMap(widget.Object, status, "status"); err != nil {
		return ctrl.Result{}, err
	}
	return ctrl.Result{}, r.Status().Patch(ctx, widget, client.MergeFrom(before))
}

// manage runs a manager with the controller; gives its end and the moment when it leads.
func manage(ctx context.Context, restConfig *rest.Config) (stop func() error, leads <-chan struct{}, err error) {
	lease, renew, retry := 3*time.Second, 2*time.Second, 200*time.Millisecond
	manager, err := ctrl.NewManager(restConfig, ctrl.Options{
		Scheme: scheme.Scheme, Metrics: server.Options{BindAddress: "0"}, Controller: config.Controller{SkipNameValidation: new(true)},
		LeaderElection: true, LeaderElectionID: "widgets.clients.example.com", LeaderElectionNamespace: "default", LeaderElectionReleaseOnCancel: true,
		LeaseDuration: &lease, RenewDeadline: &renew, RetryPeriod: &retry,
	})
	if err != nil {
		return nil, nil, err
	}
	err = ctrl.NewControllerManagedBy(manager).Named("widgets").For(newWidget()).Owns(&appsv1.Deployment{}).
		Complete(&reconciler{manager.GetClient()})
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- manager.Start(ctx) }()
	return func() error { cancel(); return <-ended }, manager.Elected(), nil
}

func reconciles(ctx context.Context, restConfig *rest.Config) error {
	log.SetLogger(logr.Discard())
	if err := defineWidgets(ctx, restConfig); err != nil {
		return err
	}
	direct, err := client.New(restConfig, client.Options{Scheme: scheme.Scheme})
	if err != nil {
		return err
	}
	stopFirst, leads, err := manage(ctx, restConfig)
	if err != nil {
		return err
	}
	<-leads
	stopSecond, leadsThen, err := manage(ctx, restConfig)
	if err != nil {
		return err
	}
	made := widget("controlled", 2)
	made.SetNamespace("default")
	if err := direct.Create(ctx, made); err != nil {
		return err
	}
	key := client.ObjectKeyFromObject(made)
	shows := func(size int64) error {
		return until(ctx, fmt.Sprintf("the Deployment and the status say %d", size), func() (bool, error) {
			owned, now := &appsv1.Deployment{}, newWidget()
			if err := errors.Join(direct.Get(ctx, key, owned), direct.Get(ctx, key, now)); err != nil {
				return false, err
			}
			status, _, _ := unstructured.NestedInt64(now.Object, "status", "size")
			observed, _, _ := unstructured.NestedInt64(now.Object, "status", "observedGeneration")
			return int64(*owned.Spec.Replicas) == size && status == size && observed == now.GetGeneration() && metav1.IsControlledBy(owned, now), nil
		})
	}
	if err := shows(2); err != nil {
		return err
	}
	if err := direct.Delete(ctx, &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: key.Name, Namespace: key.Namespace}}); err != nil {
		return err
	}
	if err := shows(2); err != nil {
		return fmt.Errorf("after the owned object was deleted: %w", err)
	}
	if err := stopFirst(); err != nil {
		return err
	}
	select {
	case <-leadsThen:
	case <-time.After(patience):
		return fmt.Errorf("the second manager does not lead")
	}
	if err := direct.Patch(ctx, made, client.RawPatch("application/merge-patch+json", []byte(`{"spec":{"size":7}}`))); err != nil {
		return err
	}
	if err := shows(7); err != nil {
		return fmt.Errorf("under the second manager: %w", err)
	}
	if err := direct.Delete(ctx, made, client.PropagationPolicy(metav1.DeletePropagationForeground)); err != nil {
		return err
	}
	if err := until(ctx, "everything goes with the Widget", func() (bool, error) {
		outside := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "outside-" + key.Name, Namespace: key.Namespace}}
		for _, object := range []client.Object{newWidget(), &appsv1.Deployment{}} {
			if err := direct.Get(ctx, key, object); !apierrors.IsNotFound(err) {
				return false, err
			}
		}
		return apierrors.IsNotFound(direct.Get(ctx, client.ObjectKeyFromObject(outside), outside)), nil
	}); err != nil {
		return err
	}
	return stopSecond()
}

func controllerClient(ctx context.Context, restConfig *rest.Config) error {
	direct, err := client.New(restConfig, client.Options{Scheme: scheme.Scheme})
	if err != nil {
		return err
	}
	for _, name := range []string{"one", "two"} {
		object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "runtime-" + name, Namespace: "default", Labels: map[string]string{"made": "here"}}}
		if err := direct.Create(ctx, object); err != nil {
			return err
		}
		before := object.DeepCopy()
		object.Data = map[string]string{"a": "b"}
		if err := direct.Patch(ctx, object, client.StrategicMergeFrom(before, client.MergeFromWithOptimisticLock{})); err != nil {
			return err
		}
		before.Annotations = map[string]string{"late": "yes"}
		if err := direct.Update(ctx, before); !apierrors.IsConflict(err) {
			return fmt.Errorf("an update of an old state: %v", err)
		}
	}
	metadata := &metav1.PartialObjectMetadataList{}
	metadata.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("ConfigMapList"))
	if err := direct.List(ctx, metadata, client.MatchingLabels{"made": "here"}, client.InNamespace("default")); err != nil {
		return err
	}
	if len(metadata.Items) != 2 || len(metadata.Items[0].ManagedFields) == 0 {
		return fmt.Errorf("metadata only: %+v", metadata.Items)
	}
	return direct.DeleteAllOf(ctx, &corev1.ConfigMap{}, client.InNamespace("default"), client.MatchingLabels{"made": "here"})
}
