// Programs that use an API server the way Go programs do: client-go's typed and dynamic clients, informers, leader election and server-side apply,
// and a controller written with controller-runtime. `go run . [client-go|controller-runtime]` with KUBECONFIG set; test/clients/run does that.
package main

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

const patience = 30 * time.Second

type check struct {
	name string
	run  func(context.Context, *rest.Config) error
}

func main() {
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		fmt.Println("FAIL kubeconfig:", err)
		os.Exit(1)
	}
	config.QPS, config.Burst = 1000, 1000
	suites := map[string][]check{"client-go": clientGoChecks, "controller-runtime": controllerRuntimeChecks}
	modules := map[string]string{"client-go": "k8s.io/client-go", "controller-runtime": "sigs.k8s.io/controller-runtime"}
	suite := "client-go"
	if len(os.Args) > 1 {
		suite = os.Args[1]
	}
	fmt.Println("VERSION", suite, moduleVersion(modules[suite]))
	failed := false
	for _, check := range suites[suite] {
		ctx, cancel := context.WithTimeout(context.Background(), 3*patience)
		err := check.run(ctx, config)
		cancel()
		if err != nil {
			failed = true
			fmt.Printf("FAIL %s: %v\n", check.name, err)
		} else {
			fmt.Printf("PASS %s\n", check.name)
		}
	}
	if failed {
		os.Exit(1)
	}
}

func moduleVersion(path string) string {
	build, _ := debug.ReadBuildInfo()
	for _, dependency := range build.Deps {
		if dependency.Path == path {
			return dependency.Version
		}
	}
	return "unknown"
}

// until waits for a condition and says what it waited for when it does not come.
func until(ctx context.Context, what string, condition func() (bool, error)) error {
	deadline := time.Now().Add(patience)
	for {
		done, err := condition()
		if done && err == nil {
			return nil
		}
		if time.Now().After(deadline) || ctx.Err() != nil {
			return fmt.Errorf("waited in vain: %s (%v)", what, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// expect is an error unless the condition holds.
func expect(condition bool, format string, arguments ...any) error {
	if condition {
		return nil
	}
	return fmt.Errorf(format, arguments...)
}
