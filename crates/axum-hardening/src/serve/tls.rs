//! TLS by certificate files, for processes without a proxy in front. Renewed files are taken up without a
//! restart.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use aws_lc_rs::digest;
use parking_lot::RwLock;
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject as _},
};
use tokio_rustls::TlsAcceptor;

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// The certificate can't be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file can't be read.
    #[error("{0} can't be read: {1}")]
    File(PathBuf, std::io::Error),
    /// A file holds no PEM text of the wanted kind.
    #[error("{0} holds no {1} in PEM: {2}")]
    Pem(PathBuf, &'static str, pem::Error),
    /// Certificate and key don't belong together, or are of a kind that is not supported.
    #[error("certificate {0} and key {1} can't be used: {2}")]
    Unusable(PathBuf, PathBuf, rustls::Error),
}

/// A certificate with its key, read from two files.
pub struct Tls {
    certificate: PathBuf,
    key: PathBuf,
    current: RwLock<Current>,
}

struct Current {
    acceptor: TlsAcceptor,
    /// Of both files.
    hash: Vec<u8>,
}

impl Tls {
    /// Reads the certificate chain and its private key, both PEM.
    ///
    /// # Errors
    /// [`TlsError`] names the file and what is wrong.
    pub fn load(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let current = RwLock::new(Current::load(certificate, key)?);
        Ok(Self { certificate: certificate.to_owned(), key: key.to_owned(), current })
    }

    /// Looks at the files every minute, for ever, and takes up what has changed. A pair that can't be used,
    /// such as one half renewed, is logged and tried again; the old one serves meanwhile.
    pub async fn follow_files(&self) {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            self.reload();
        }
    }

    /// Takes the files up if they have changed.
    pub fn reload(&self) {
        match Current::load(&self.certificate, &self.key) {
            Ok(new) => {
                let mut current = self.current.write();
                if new.hash != current.hash {
                    *current = new;
                    tracing::info!("the TLS certificate has been renewed");
                }
            }
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "the TLS certificate can't be renewed");
            }
        }
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        self.current.read().acceptor.clone()
    }
}

impl Current {
    fn load(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let read = |path: &Path| std::fs::read(path).map_err(|error| TlsError::File(path.to_owned(), error));
        let (certificate_pem, key_pem) = (read(certificate)?, read(key)?);
        let hash = digest::digest(&digest::SHA256, &[&*certificate_pem, b"\0", &*key_pem].concat());

        let chain = CertificateDer::pem_slice_iter(&certificate_pem)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| TlsError::Pem(certificate.to_owned(), "certificate", error))?;
        let private_key = PrivateKeyDer::from_pem_slice(&key_pem)
            .map_err(|error| TlsError::Pem(key.to_owned(), "private key", error))?;
        let unusable = |error| TlsError::Unusable(certificate.to_owned(), key.to_owned(), error);
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(unusable)?
            .with_no_client_auth()
            .with_single_cert(chain, private_key)
            .map_err(unusable)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), hash: hash.as_ref().to_vec() })
    }
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Tls").field("certificate", &self.certificate).finish_non_exhaustive()
    }
}
