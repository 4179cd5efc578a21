package com.example.clients;

import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Version;

/** The custom resource of widget-definition.yaml. */
@Group("clients.example.com")
@Version("v1")
public class Widget extends CustomResource<Widget.Spec, Widget.Status> implements Namespaced {
  public static class Spec {
    public Integer size;
    public String color;
  }

  public static class Status {
    public String phase;
    public Integer size;
    public Long observedGeneration;
  }
}
