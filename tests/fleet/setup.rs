//! A cluster with a worker.

use asl_engine::durable::RestateClient;
use std::fs;
use std::path::{Path, PathBuf};

use crate::cluster::{Cluster, free_ports};
use crate::round::until_served;
use crate::worker::Worker;

pub(crate) struct Setup {
    pub(crate) folder: PathBuf,
    /// Where the worker notes the attempts of tasks.
    pub(crate) effects: PathBuf,
    pub(crate) cluster: Cluster,
    pub(crate) worker: Worker,
    pub(crate) client: RestateClient,
}

impl Setup {
    pub(crate) async fn start(program: &Path, name: &str, nodes: usize) -> Self {
        let folder = std::env::temp_dir().join(format!("asl-engine-fleet-{name}-{}", std::process::id()));
        let effects = folder.join("effects");
        let mut cluster = Cluster::new(program, &folder, nodes);
        cluster.start();
        let client = cluster.client();
        let [port] = free_ports();
        let mut worker = Worker::new(port, &effects, cluster.ingresses());
        worker.start();
        until_served(&client, &worker.url()).await;
        Self {
            folder,
            effects,
            cluster,
            worker,
            client,
        }
    }

    /// Ends both, and leaves nothing behind.
    pub(crate) fn end(self) {
        drop((self.cluster, self.worker));
        fs::remove_dir_all(self.folder).unwrap();
    }
}
