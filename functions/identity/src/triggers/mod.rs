//! The functions without a route.

pub mod create_client;
pub mod grant_scopes;
pub mod manage_clients;

use platform::function::Function;

/// The functions here.
pub const FUNCTIONS: &[Function] = &[
    Function::secret_job("create-client", |init| Box::pin(create_client::init(init))),
    Function::job("grant-scopes", |init| Box::pin(grant_scopes::init(init))),
    Function::secret_job("manage-clients", |init| Box::pin(manage_clients::init(init))),
];
