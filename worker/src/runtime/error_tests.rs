//! What real engines say, and how it is sorted.

use super::{EngineError, sort, sort_answer};
use crate::runtime::{Kind, Remedy};
use berth_shared::domain::desktop::ReasonCode;
use bollard::errors::Error as Bollard;

#[test]
fn real_texts_are_sorted() {
    let said = [
        (
            500,
            "driver failed programming external connectivity on endpoint berth-a-b-1 (64a1): Bind for 127.0.0.1:7000 failed: port is already allocated",
            Kind::PortTaken,
        ),
        (
            500,
            "driver failed programming external connectivity on endpoint x (64a1): Error starting userland proxy: listen tcp4 127.0.0.1:7000: bind: address already in use",
            Kind::PortTaken,
        ),
        (
            500,
            "failed to set up container networking: driver failed programming external connectivity on endpoint x (64a1): failed to bind host port for 127.0.0.1:7000:172.18.0.2:5900/tcp: address already in use",
            Kind::PortTaken,
        ),
        (404, "No such image: berth/none:latest", Kind::ImageMissing),
        (404, "manifest for berth/none:latest not found: manifest unknown: manifest unknown", Kind::ImageMissing),
        (
            404,
            "pull access denied for berth/none, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
            Kind::ImageMissing,
        ),
        (400, "invalid reference format: repository name must be lowercase", Kind::ImageMissing),
        (500, "Head \"http://127.0.0.1:5222/v2/tiny/manifests/1\": no basic auth credentials", Kind::PullDenied),
        (500, "unauthorized: authentication required", Kind::PullDenied),
        (
            500,
            "Get \"http://127.0.0.1:5111/v2/\": dial tcp 127.0.0.1:5111: connect: connection refused",
            Kind::RegistryAway,
        ),
        (
            500,
            "Get \"https://registry.example/v2/\": dial tcp: lookup registry.example on 10.0.0.53:53: no such host",
            Kind::RegistryAway,
        ),
        (
            409,
            "Conflict. The container name \"/berth-a-b-1\" is already in use by container \"19ee\". You have to remove (or rename) that container to be able to reuse that name.",
            Kind::NameTaken,
        ),
        (409, "network with name berth-a-net7 already exists", Kind::NameTaken),
        (
            400,
            "failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: \"/nosuch\": stat /nosuch: no such file or directory: unknown",
            Kind::ImageBroken,
        ),
        (
            404,
            "OCI runtime create failed: container_linux.go:380: starting container process caused: exec: \"nosuch\": executable file not found in $PATH: unknown",
            Kind::ImageBroken,
        ),
        (400, "exec /init: exec format error", Kind::ImageBroken),
        (400, "No command specified", Kind::ImageBroken),
        (
            500,
            "OCI runtime create failed: runc create failed: unable to start container process: unable to apply cgroup configuration: mkdir /sys/fs/cgroup/memory/docker/1: cannot allocate memory: unknown",
            Kind::NoSpace,
        ),
        (
            500,
            "OCI runtime create failed: container_linux.go:380: starting container process caused: process_linux.go:545: container init caused: process_linux.go:508: setting cgroup config for procHooks process caused: failed to write: device or resource busy: unknown",
            Kind::Transient,
        ),
        (
            500,
            "failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: error setting rlimits for ready process: error setting rlimit type 7: operation not permitted: unknown",
            Kind::Refused,
        ),
        (500, "write /var/lib/docker/volumes/metadata.db: no space left on device", Kind::NoSpace),
        (409, "removal of container 19ee is already in progress", Kind::Removing),
        (409, "container is marked for removal and cannot be started", Kind::Removing),
        (404, "No such container: 19ee", Kind::NotFound),
        (404, "get berth-a-b-home: no such volume", Kind::NotFound),
        (409, "remove berth-a-b-home: volume is in use - [19ee]", Kind::InUse),
        (404, "network 8a2f not found", Kind::Network),
        (
            404,
            "could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network",
            Kind::Network,
        ),
        (400, "all predefined address pools have been fully subnetted", Kind::Network),
        (403, "Pool overlaps with other one on this address space", Kind::Network),
        (500, "no available IPv4 addresses on this network's address pools: berth-a-net7 (8a2f)", Kind::Network),
        (
            500,
            "failed to add interface veth1 to sandbox: adding interface veth2 to bridge br-1 failed: exchange full",
            Kind::Network,
        ),
        (400, "Range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available", Kind::Refused),
        (400, "Minimum memory limit allowed is 6MB", Kind::Refused),
        (
            500,
            "connection error: desc = \"transport: error while dialing: dial unix:///run/containerd/containerd.sock: timeout\": unavailable",
            Kind::EngineDown,
        ),
        (500, "context deadline exceeded", Kind::TimedOut),
        (
            500,
            "driver \"overlay2\" failed to remove root filesystem: unlinkat /var/lib/docker/overlay2/1/merged: device or resource busy",
            Kind::Transient,
        ),
        (503, "", Kind::Transient),
        (409, "Container 19ee is not running", Kind::Transient),
    ];
    for (status, text, kind) in said {
        assert_eq!(sort_answer(status, text), kind, "{status} {text}");
    }
}

#[test]
fn an_engine_that_is_away_uses_up_no_attempt() {
    for error in [
        Bollard::SocketNotFoundError("/var/run/docker.sock".into()),
        Bollard::IOError { err: std::io::ErrorKind::ConnectionRefused.into() },
    ] {
        assert_eq!(sort(&error), Kind::EngineDown);
        assert_eq!(EngineError::of("ping", error).kind.remedy(), Remedy::Snooze);
    }
    assert_eq!(sort(&Bollard::RequestTimeoutError).remedy(), Remedy::Retry);
}

#[test]
fn the_source_is_kept_and_the_words_are_plain() {
    let source = Bollard::DockerResponseServerError { status_code: 404, message: "No such image: x:latest".into() };
    let error = EngineError::of("create", source);
    assert_eq!(error.words(), "This template's image is not on the server.");
    assert_eq!(error.kind.reason(), ReasonCode::ImageMissing);
    assert!(std::error::Error::source(&error).is_some());
    assert_eq!(
        error.to_string(),
        "create: This template's image is not on the server. (image_missing: No such image: x:latest)"
    );
}
