// Package fixtures gives the integration tests of apiextensions-apiserver a server: here, a new logical cluster of an Atoll that runs already.
// It takes the place of the file of that name in a throw-away copy of the module; ATOLL_URL, ATOLL_TOKEN and ATOLL_CA_FILE say where Atoll is.
package fixtures

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"k8s.io/apiextensions-apiserver/pkg/apiserver"
	"k8s.io/apiextensions-apiserver/pkg/client/clientset/clientset"
	serveroptions "k8s.io/apiextensions-apiserver/pkg/cmd/server/options"
	servertesting "k8s.io/apiextensions-apiserver/pkg/cmd/server/testing"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
)

var made atomic.Int64
var run = time.Now().UnixNano()

// skip ends a test that asks for what only a server inside the test's own process has.
func skip(t servertesting.Logger, why string) {
	if able, ok := t.(interface{ Skip(args ...any) }); ok {
		able.Skip(why)
	}
	t.Fatalf("%s", why)
}

// workspace makes a logical cluster and gives the way to it.
func workspace(t servertesting.Logger, flags []string) (func(), *rest.Config, error) {
	for _, flag := range flags {
		if strings.HasPrefix(flag, "--emulated-version") || strings.HasPrefix(flag, "--feature-gates") {
			skip(t, "needs a server with the flag "+flag)
		}
	}
	config := &rest.Config{
		Host:            os.Getenv("ATOLL_URL"),
		BearerToken:     os.Getenv("ATOLL_TOKEN"),
		TLSClientConfig: rest.TLSClientConfig{CAFile: os.Getenv("ATOLL_CA_FILE")},
		QPS:             1000,
		Burst:           1000,
	}
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, nil, err
	}
	name := fmt.Sprintf("apiextensions-%d-%d", run, made.Add(1))
	workspaces := config.Host + "/clusters/root/apis/tenancy.kcp.io/v1alpha1/workspaces"
	body := fmt.Sprintf(`{"apiVersion":"tenancy.kcp.io/v1alpha1","kind":"Workspace","metadata":{"name":%q}}`, name)
	if err := send(client, http.MethodPost, workspaces, body); err != nil {
		return nil, nil, err
	}
	config.Host += "/clusters/root:" + name
	return func() { _ = send(client, http.MethodDelete, workspaces+"/"+name, "") }, config, nil
}

func send(client *http.Client, method, url, body string) error {
	request, err := http.NewRequest(method, url, bytes.NewBufferString(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode >= 300 {
		err = fmt.Errorf("%s %s: %s: %s", method, url, answer.Status, text)
	}
	return err
}

// StartDefaultServer gives a logical cluster of its own.
func StartDefaultServer(t servertesting.Logger, flags ...string) (func(), *rest.Config, *serveroptions.CustomResourceDefinitionsServerOptions, error) {
	tearDown, config, err := workspace(t, flags)
	return tearDown, config, nil, err
}

// StartDefaultServerWithConfigAccess ends the test: nobody can look into a server in another process.
func StartDefaultServerWithConfigAccess(t servertesting.Logger, flags ...string) (func(), *rest.Config, apiserver.CompletedConfig, error) {
	skip(t, "reads the server's memory")
	return nil, nil, apiserver.CompletedConfig{}, nil
}

// StartDefaultServerWithClients gives clients for a logical cluster of its own.
func StartDefaultServerWithClients(t servertesting.Logger, flags ...string) (func(), clientset.Interface, dynamic.Interface, error) {
	tearDown, config, err := workspace(t, flags)
	if err != nil {
		return nil, nil, nil, err
	}
	definitions, err := clientset.NewForConfig(config)
	if err != nil {
		return nil, nil, nil, err
	}
	objects, err := dynamic.NewForConfig(config)
	return tearDown, definitions, objects, err
}

// StartDefaultServerWithClientsAndEtcd ends the test: there is no etcd.
func StartDefaultServerWithClientsAndEtcd(t servertesting.Logger, flags ...string) (func(), clientset.Interface, dynamic.Interface, *clientv3.Client, string, error) {
	skip(t, "reads etcd")
	return nil, nil, nil, nil, "", nil
}
