//! A bare actix-web handler that answers a document of discovery's size: what
//! `docs/benchmarks/run.py` compares with. `bare PORT` listens on loopback.

use actix_web::web::Bytes;
use actix_web::{App, HttpResponse, HttpServer, web};

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let port = std::env::args().nth(1).and_then(|port| port.parse().ok()).unwrap_or(8081);
    let document = Bytes::from(format!("{{\"bare\":\"{}\"}}", "x".repeat(1920)));
    HttpServer::new(move || {
        let document = document.clone();
        let answer = move || {
            let document = document.clone();
            async move { HttpResponse::Ok().content_type("application/json").body(document) }
        };
        App::new().route("/", web::get().to(answer))
    })
    .bind(("127.0.0.1", port))?
    .run()
    .await
}
