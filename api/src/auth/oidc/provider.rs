//! One provider: where it is and with which keys it signs (discovered when first needed, and again after a failure), where a
//! browser is sent, and what its answer says.
use std::{
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use berth_shared::{config::OidcProvider, domain::time::Time};
use openidconnect::{
    AccessToken, AdditionalClaims, AuthType, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret,
    CsrfToken, DiscoveryError, EndpointMaybeSet, EndpointNotSet, EndpointSet, IssuerUrl, LogoutRequest, Nonce,
    OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, PostLogoutRedirectUrl, ProviderMetadataWithLogout,
    RedirectUrl, RequestTokenError, Scope, SignatureVerificationError, SubjectIdentifier, TokenResponse, UserInfoError,
    core::{
        CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod, CoreErrorResponseType, CoreGenderClaim, CoreIdToken,
    },
};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use super::{
    OidcError,
    http::{self, HttpError},
    pending::Pending,
    person::{Claims, Person, is_incomplete},
};

/// How long it is believed what a provider says about itself; new keys are asked for when they are needed.
const BELIEVED: Duration = Duration::from_secs(3600);

type Client =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

/// All of them, in the order of the settings.
pub struct Providers(Vec<Provider>);

impl Providers {
    /// `public` is what browsers call us.
    pub fn new(settings: Vec<OidcProvider>, public: &str) -> Self {
        Self(settings.into_iter().map(|settings| Provider::new(settings, public)).collect())
    }

    pub fn get(&self, id: &str) -> Option<&Provider> {
        self.0.iter().find(|provider| provider.settings.id == id)
    }

    pub fn settings(&self) -> impl Iterator<Item = &OidcProvider> {
        self.0.iter().map(|provider| &provider.settings)
    }
}

pub struct Provider {
    pub settings: OidcProvider,
    /// What browsers call us.
    public: String,
    http: OnceLock<Arc<reqwest::Client>>,
    known: Mutex<Known>,
}

/// What was discovered.
#[derive(Default)]
struct Known {
    metadata: Option<(Instant, Arc<ProviderMetadataWithLogout>)>,
    failed_at: Option<Instant>,
}

/// Where to send a browser, and what it takes along.
pub struct Authorization {
    pub url: String,
    pub pending: Pending,
}

/// Claims of whatever name.
#[derive(Debug, Serialize, Deserialize)]
struct Rest(Claims);

impl AdditionalClaims for Rest {}

impl Provider {
    fn new(settings: OidcProvider, public: &str) -> Self {
        Self { settings, public: public.to_owned(), http: OnceLock::new(), known: Mutex::default() }
    }

    /// Begins a way to the provider and back to `return_to`.
    ///
    /// # Errors
    /// `Down` and `Failed`.
    pub async fn authorize(&self, return_to: String) -> Result<Authorization, OidcError> {
        let client = self.client(&*self.metadata().await?)?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let scopes = self.settings.scopes.iter().filter(|scope| *scope != "openid");
        let (url, state, nonce) = client
            .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
            .add_scopes(scopes.cloned().map(Scope::new))
            .set_pkce_challenge(challenge)
            .url();
        let pending = Pending {
            provider: self.settings.id.clone(),
            state: state.into_secret(),
            nonce: nonce.secret().clone(),
            verifier: verifier.into_secret(),
            return_to,
            begun_at: Time::of_this_process(),
        };
        Ok(Authorization { url: url.into(), pending })
    }

    /// Who it is that an answer speaks of, and the token that says so.
    ///
    /// # Errors
    /// `Down`, `Expired`, `NotAllowed` and `Failed`.
    pub async fn person(&self, pending: &Pending, code: String) -> Result<(Person, String), OidcError> {
        let mut metadata = self.metadata().await?;
        let mut client = self.client(&metadata)?;
        let http = self.http()?;
        let ask = |request| http::ask(Arc::clone(&http), request);
        let request = client.exchange_code(AuthorizationCode::new(code)).map_err(OidcError::failed)?;
        let verifier = PkceCodeVerifier::new(pending.verifier.clone());
        let answer = request.set_pkce_verifier(verifier).request_async(&ask).await.map_err(|error| match error {
            RequestTokenError::Request(error) => unreachable_or(error),
            // Codes last a minute or so, and are good once.
            RequestTokenError::ServerResponse(told) if *told.error() == CoreErrorResponseType::InvalidGrant => {
                OidcError::Expired
            }
            other => OidcError::failed(other),
        })?;
        let id_token = answer.id_token().ok_or_else(|| OidcError::failed("there is no ID token"))?;
        let nonce = Nonce::new(pending.nonce.clone());
        let has_new_key = matches!(
            id_token.claims(&client.id_token_verifier(), &nonce),
            Err(ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey))
        );
        if has_new_key {
            metadata = self.metadata_after(&metadata).await?;
            client = self.client(&metadata)?;
        }
        let verifier = client.id_token_verifier();
        let subject = id_token.claims(&verifier, &nonce).map_err(OidcError::failed)?.subject().clone();
        let id_token = id_token.to_string();
        let mut claims = payload(&id_token)?;
        if is_incomplete(&self.settings, &claims) && metadata.userinfo_endpoint().is_some() {
            let more = self.user_info(&client, answer.access_token().clone(), subject.clone()).await?;
            more.into_iter().for_each(|(name, value)| _ = claims.entry(name).or_insert(value));
        }
        Ok((Person::read(&self.settings, subject.to_string(), &claims)?, id_token))
    }

    async fn user_info(
        &self,
        client: &Client,
        token: AccessToken,
        subject: SubjectIdentifier,
    ) -> Result<Claims, OidcError> {
        let http = self.http()?;
        let ask = |request| http::ask(Arc::clone(&http), request);
        let request = client.user_info(token, Some(subject)).map_err(OidcError::failed)?;
        let told = request.request_async::<Rest, _, CoreGenderClaim>(&ask).await.map_err(|error| match error {
            UserInfoError::Request(error) => unreachable_or(error),
            other => OidcError::failed(other),
        })?;
        match serde_json::to_value(&told) {
            Ok(serde_json::Value::Object(claims)) => Ok(claims),
            _ => Err(OidcError::failed("the claims are no object")),
        }
    }

    /// Where a browser ends its log-in at the provider as well; none: the provider has no such place.
    ///
    /// # Errors
    /// `Down` and `Failed`.
    pub async fn end_session_url(&self, id_token: Option<&str>) -> Result<Option<String>, OidcError> {
        let metadata = self.metadata().await?;
        let Some(endpoint) = metadata.additional_metadata().end_session_endpoint.clone() else { return Ok(None) };
        let back = PostLogoutRedirectUrl::new(format!("{}/sign-in", self.public)).map_err(OidcError::failed)?;
        let mut request = LogoutRequest::from(endpoint)
            .set_client_id(ClientId::new(self.settings.client_id.clone()))
            .set_post_logout_redirect_uri(back);
        if let Some(token) = id_token.and_then(|token| token.parse::<CoreIdToken>().ok()) {
            request = request.set_id_token_hint(&token);
        }
        Ok(Some(request.http_get_url().into()))
    }

    fn client(&self, metadata: &ProviderMetadataWithLogout) -> Result<Client, OidcError> {
        let id = ClientId::new(self.settings.client_id.clone());
        let secret = ClientSecret::new(self.settings.client_secret.expose_secret().to_owned());
        let back = format!("{}/api/v1/auth/oidc/{}/callback", self.public, self.settings.id);
        let client = CoreClient::from_provider_metadata(metadata.clone(), id, Some(secret))
            .set_redirect_uri(RedirectUrl::new(back).map_err(OidcError::failed)?);
        let ways = metadata.token_endpoint_auth_methods_supported().map_or(&[][..], Vec::as_slice);
        let takes = |way| ways.contains(&way);
        let only_in_the_body =
            takes(CoreClientAuthMethod::ClientSecretPost) && !takes(CoreClientAuthMethod::ClientSecretBasic);
        Ok(if only_in_the_body { client.set_auth_type(AuthType::RequestBody) } else { client })
    }

    /// Asks the provider unless it is known. Who waited while another was told of a failure is told the same, so that many
    /// do not wait in turn for one that is down.
    async fn metadata(&self) -> Result<Arc<ProviderMetadataWithLogout>, OidcError> {
        let came = Instant::now();
        let mut known = self.known.lock().await;
        if let Some((at, metadata)) = &known.metadata
            && at.elapsed() < BELIEVED
        {
            return Ok(Arc::clone(metadata));
        }
        if known.failed_at.is_some_and(|at| at > came) {
            return Err(OidcError::Down("it has just failed".into()));
        }
        let found = self.discover().await;
        match found {
            Ok(metadata) => {
                let metadata = Arc::new(metadata);
                *known = Known { metadata: Some((Instant::now(), Arc::clone(&metadata))), failed_at: None };
                Ok(metadata)
            }
            Err(error) => {
                known.failed_at = Some(Instant::now());
                Err(error)
            }
        }
    }

    /// Asks again, if nobody has since `old`.
    async fn metadata_after(
        &self,
        old: &Arc<ProviderMetadataWithLogout>,
    ) -> Result<Arc<ProviderMetadataWithLogout>, OidcError> {
        self.known.lock().await.metadata.take_if(|(_, known)| Arc::ptr_eq(known, old));
        self.metadata().await
    }

    async fn discover(&self) -> Result<ProviderMetadataWithLogout, OidcError> {
        let issuer = IssuerUrl::new(self.settings.issuer.clone()).map_err(OidcError::failed)?;
        let http = self.http()?;
        let ask = |request| http::ask(Arc::clone(&http), request);
        ProviderMetadataWithLogout::discover_async(issuer, &ask).await.map_err(|error| match error {
            DiscoveryError::Request(error) => unreachable_or(error),
            other => OidcError::failed(other),
        })
    }

    fn http(&self) -> Result<Arc<reqwest::Client>, OidcError> {
        if let Some(client) = self.http.get() {
            return Ok(Arc::clone(client));
        }
        let client = Arc::new(http::client().map_err(OidcError::failed)?);
        Ok(Arc::clone(self.http.get_or_init(|| client)))
    }
}

fn unreachable_or(error: HttpError) -> OidcError {
    match error {
        HttpError::NoAnswer(_) | HttpError::Fails(_) => OidcError::Down(error.into()),
        HttpError::TooLarge | HttpError::NotARequest(_) => OidcError::failed(error),
    }
}

/// The claims of a token whose signature was checked.
fn payload(id_token: &str) -> Result<Claims, OidcError> {
    let part = id_token.split('.').nth(1).unwrap_or_default();
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(OidcError::failed)?;
    serde_json::from_slice(&bytes).map_err(OidcError::failed)
}
