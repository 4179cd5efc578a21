package main

import (
	"context"
	"fmt"
	"os"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/openapi3"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"sigs.k8s.io/yaml"
)

var (
	definitions = schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}
	widgets     = schema.GroupVersionResource{Group: "clients.example.com", Version: "v1", Resource: "widgets"}
)

// defineWidgets makes the custom resource that the programs use, unless it is there.
func defineWidgets(ctx context.Context, config *rest.Config) error {
	client := dynamic.NewForConfigOrDie(config).Resource(definitions)
	var definition unstructured.Unstructured
	text, err := os.ReadFile(os.Getenv("WIDGET_DEFINITION"))
	if err != nil {
		return err
	}
	if err := yaml.Unmarshal(text, &definition.Object); err != nil {
		return err
	}
	if _, err := client.Create(ctx, &definition, metav1.CreateOptions{}); err != nil && !apierrors.IsAlreadyExists(err) {
		return err
	}
	return until(ctx, "the definition is established", func() (bool, error) {
		got, err := client.Get(ctx, definition.GetName(), metav1.GetOptions{})
		if err != nil {
			return false, err
		}
		conditions, _, err := unstructured.NestedSlice(got.Object, "status", "conditions")
		for _, condition := range conditions {
			if fields := condition.(map[string]any); fields["type"] == "Established" && fields["status"] == "True" {
				return true, nil
			}
		}
		return false, err
	})
}

func widget(name string, size int64) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "clients.example.com/v1", "kind": "Widget",
		"metadata": map[string]any{"name": name}, "spec": map[string]any{"size": size},
	}}
}

func dynamicObjects(ctx context.Context, config *rest.Config) error {
	if err := defineWidgets(ctx, config); err != nil {
		return err
	}
	client := dynamic.NewForConfigOrDie(config).Resource(widgets).Namespace("default")
	list, err := client.List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	events, err := client.Watch(ctx, metav1.ListOptions{ResourceVersion: list.GetResourceVersion(), AllowWatchBookmarks: true})
	if err != nil {
		return err
	}
	defer events.Stop()
	made, err := client.Create(ctx, widget("dynamic", 2), metav1.CreateOptions{})
	if err != nil {
		return err
	}
	if color, _, _ := unstructured.NestedString(made.Object, "spec", "color"); color != "blue" {
		return fmt.Errorf("the default is missing: %v", made.Object)
	}
	if _, err := client.Create(ctx, widget("too-large", 1000), metav1.CreateOptions{}); !apierrors.IsInvalid(err) {
		return fmt.Errorf("beyond the maximum: %v", err)
	}
	made, err = client.Patch(ctx, "dynamic", types.MergePatchType, []byte(`{"status":{"phase":"Made"}}`), metav1.PatchOptions{}, "status")
	if err != nil {
		return err
	}
	if phase, _, _ := unstructured.NestedString(made.Object, "status", "phase"); phase != "Made" || made.GetGeneration() != 1 {
		return fmt.Errorf("status: %v", made.Object)
	}
	if _, err := client.Patch(ctx, "dynamic", types.StrategicMergePatchType, []byte(`{}`), metav1.PatchOptions{}); !apierrors.IsUnsupportedMediaType(err) {
		return fmt.Errorf("a strategic merge patch of a custom resource: %v", err)
	}
	applied := widget("dynamic", 5)
	if _, err := client.Apply(ctx, "dynamic", applied, metav1.ApplyOptions{FieldManager: "other"}); !apierrors.IsConflict(err) {
		return fmt.Errorf("another manager's field: %v", err)
	}
	if made, err = client.Apply(ctx, "dynamic", applied, metav1.ApplyOptions{FieldManager: "other", Force: true}); err != nil || made.GetGeneration() != 2 {
		return fmt.Errorf("forced: %v %v", made, err)
	}
	if err := client.Delete(ctx, "dynamic", metav1.DeleteOptions{}); err != nil {
		return err
	}
	for _, wanted := range []watch.EventType{watch.Added, watch.Modified, watch.Modified, watch.Deleted} {
		event := <-events.ResultChan()
		for event.Type == watch.Bookmark {
			event = <-events.ResultChan()
		}
		if event.Type != wanted {
			return fmt.Errorf("the watch says %s instead of %s: %v", event.Type, wanted, event.Object)
		}
	}
	return nil
}

func discovers(_ context.Context, config *rest.Config) error {
	client := discovery.NewDiscoveryClientForConfigOrDie(config)
	mapper := restmapper.NewShortcutExpander(restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(client)), client, nil)
	for short, wanted := range map[string]schema.GroupVersionResource{
		"wd":     widgets,
		"deploy": {Group: "apps", Version: "v1", Resource: "deployments"},
		"ing":    {Group: "networking.k8s.io", Version: "v1", Resource: "ingresses"},
	} {
		got, err := mapper.ResourceFor(schema.GroupVersionResource{Resource: short})
		if err != nil || got != wanted {
			return fmt.Errorf("%s is %v (%v)", short, got, err)
		}
	}
	document, err := openapi3.NewRoot(client.OpenAPIV3()).GVSpec(widgets.GroupVersion())
	if err != nil {
		return err
	}
	if _, found := document.Components.Schemas["com.example.clients.v1.Widget"]; !found {
		return fmt.Errorf("OpenAPI v3 has no Widget")
	}
	v2, err := client.OpenAPISchema()
	if err != nil {
		return err
	}
	for _, definition := range v2.GetDefinitions().GetAdditionalProperties() {
		if definition.GetName() == "com.example.clients.v1.Widget" {
			return nil
		}
	}
	return fmt.Errorf("OpenAPI v2 has no Widget")
}
