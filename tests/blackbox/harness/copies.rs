//! A deployed program as a second function, under another role or other variables.

use std::collections::HashMap;
use std::io::{Cursor, Write as _};
use std::path::Path;

use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{Environment, FunctionCode, Runtime};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::aws::program;
use super::{PATIENCE, eventually, lambda, setting};

/// Makes the function `name` of the stack: the function `of` with `variables` and the role of the function `role_of`. Waits until it can be called.
pub(crate) async fn make_copy(name: &str, of: &str, role_of: &str, variables: HashMap<String, String>) {
    let client = lambda();
    let (program, handler) = program(of).await;
    let named = |id: &str| format!("{}-{id}", setting("STACK_NAME"));
    let role = client.get_function_configuration().function_name(named(role_of)).send().await.unwrap().role;
    client
        .create_function()
        .function_name(named(name))
        .runtime(Runtime::Providedal2023)
        .handler(handler)
        .role(role.unwrap())
        .timeout(15)
        .code(FunctionCode::builder().zip_file(Blob::new(zipped(&program))).build())
        .environment(Environment::builder().set_variables(Some(variables)).build())
        .send()
        .await
        .unwrap();
    eventually("the function to be active", PATIENCE, || async {
        let state =
            client.get_function_configuration().function_name(named(name)).send().await.unwrap().state;
        state.is_none_or(|state| state.as_str() == "Active").then_some(())
    })
    .await;
}

/// Deletes what [`make_copy`] made.
pub(crate) async fn remove_copy(name: &str) {
    let name = format!("{}-{name}", setting("STACK_NAME"));
    lambda().delete_function().function_name(name).send().await.unwrap();
}

/// The deployment package of a program. Stored, not compressed: it goes over the loopback interface.
fn zipped(program: &Path) -> Vec<u8> {
    let program = std::fs::read(program).unwrap();
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options =
        SimpleFileOptions::default().compression_method(CompressionMethod::Stored).unix_permissions(0o755);
    archive.start_file("bootstrap", options).unwrap();
    archive.write_all(&program).unwrap();
    archive.finish().unwrap().into_inner()
}
