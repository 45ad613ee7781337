use proptest::prelude::*;
use serde_json::json;

use super::*;

fn parse(value: &Value) -> Result<ClaimsRequest, Error> {
    ClaimsRequest::parse(&value.to_string())
}

#[test]
fn the_example_of_oidc_core_section_5_5_is_read() {
    let request = parse(&json!({
        "userinfo": {
            "given_name": {"essential": true},
            "nickname": null,
            "email": {"essential": true},
            "http://example.info/claims/groups": null,
        },
        "id_token": {
            "auth_time": {"essential": true},
            "acr": {"values": ["urn:mace:incommon:iap:silver"]},
        },
    }))
    .unwrap();
    assert!(request.userinfo["given_name"].essential);
    assert_eq!(request.userinfo["nickname"], Wish::default());
    assert_eq!(request.id_token["acr"].values, [json!("urn:mace:incommon:iap:silver")]);
    let kept = request.available_to(&ClientMetadata::default());
    let names: Vec<_> = kept.userinfo.keys().map(String::as_str).collect();
    assert_eq!(names, ["email", "given_name", "nickname"]);
    assert_eq!(kept.id_token.keys().collect::<Vec<_>>(), ["acr"]);
}

#[test]
fn what_nobody_defined_is_ignored() {
    let request = parse(&json!({"verified": 7, "userinfo": {"email": {"purpose": "fun"}}}));
    assert_eq!(request.unwrap().userinfo["email"], Wish::default());
    assert_eq!(parse(&json!({})).unwrap(), ClaimsRequest::default());
}

#[test]
fn what_is_malformed_is_refused() {
    let nested = json!([[[["x"]]]]);
    for bad in [
        json!([]),
        json!("userinfo"),
        json!(null),
        json!({"userinfo": []}),
        json!({"id_token": null}),
        json!({"userinfo": {"email": true}}),
        json!({"userinfo": {"email": {"essential": "yes"}}}),
        json!({"userinfo": {"email": {"values": "x"}}}),
        json!({"userinfo": {"email": {"values": []}}}),
        json!({"userinfo": {"email": {"value": "x", "values": ["x"]}}}),
        json!({"userinfo": {"address": {"value": nested}}}),
        json!({"userinfo": {"sub": {"value": 7}}}),
        json!({"id_token": {"acr": {"values": ["x", null]}}}),
    ] {
        let code = parse(&bad).unwrap_err().code();
        assert_eq!(code, Some(ErrorCode::InvalidRequest), "{bad}");
    }
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let long = format!("{{\"x\":\"{}\"}}", "x".repeat(LONGEST));
    for bad in ["", "{", "{}x", "{\"userinfo\":{\"a\u{0}\":null}}", &deep, &long] {
        assert!(ClaimsRequest::parse(bad).is_err());
    }
}

#[test]
fn a_claim_needs_a_scope_that_the_client_may_ask_for() {
    let all = json!({"email": null, "name": null, "sub": null, "department": null});
    let request = parse(&json!({"userinfo": all, "id_token": all})).unwrap();
    let narrow = ClientMetadata { scope: Some("openid email".into()), ..ClientMetadata::default() };
    let kept = request.clone().available_to(&narrow);
    assert_eq!(kept.about_the_user().into_iter().collect::<Vec<_>>(), ["email"]);
    let kept = request.available_to(&ClientMetadata::default());
    assert_eq!(kept.about_the_user().into_iter().collect::<Vec<_>>(), ["email", "name"]);
}

#[test]
fn a_request_for_a_certain_user_is_about_nobody_else() {
    let alice = Subject::new("alice");
    let about = |value: Value| parse(&value).unwrap().is_about(&alice);
    assert!(about(json!({"id_token": {"sub": {"value": "alice"}}})));
    assert!(about(json!({"id_token": {"sub": {"essential": true}}})));
    assert!(about(json!({"userinfo": {"sub": {"values": ["bob", "alice"]}}})));
    assert!(!about(json!({"id_token": {"sub": {"value": "bob"}}})));
    assert!(!about(json!({"userinfo": {"sub": {"value": "alice"}},
                          "id_token": {"sub": {"value": "bob"}}})));
}

#[test]
fn what_is_stored_reads_as_what_was_parsed() {
    let request = parse(&json!({
        "userinfo": {"email": {"essential": true}, "name": null},
        "id_token": {"acr": {"essential": true, "values": ["a", "b"]}, "locale": {"value": "en"}},
    }))
    .unwrap();
    let stored = serde_json::to_string(&request).unwrap();
    assert_eq!(serde_json::from_str::<ClaimsRequest>(&stored).unwrap(), request);
    assert_eq!(ClaimsRequest::parse(&stored).unwrap(), request);
}

#[test]
fn a_number_is_stored_as_it_was_sent() {
    let number = "1.8437095507370954e+20";
    let sent = ["{\"userinfo\":{\"x\":{\"value\":", number, "}}}"].concat();
    let request = ClaimsRequest::parse(&sent).unwrap();
    let stored = serde_json::to_string(&request).unwrap();
    assert!(stored.contains(number), "{stored}");
    assert_eq!(ClaimsRequest::parse(&stored).unwrap(), request);
}

/// JSON with the names that mean something here, and any others.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    let name = prop_oneof![
        Just("userinfo"),
        Just("id_token"),
        Just("essential"),
        Just("value"),
        Just("values"),
        Just("sub"),
        Just("acr"),
        Just("email"),
        Just("x"),
    ];
    leaf.prop_recursive(6, 48, 5, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::btree_map(name.clone().prop_map(str::to_owned), inner, 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in ".{0,200}") {
        ClaimsRequest::parse(&text).ok();
    }

    #[test]
    fn any_json_is_read_or_refused_with_invalid_request(value in any_json()) {
        match parse(&value) {
            Ok(request) => {
                let kept = request.available_to(&ClientMetadata::default());
                let stored = serde_json::to_string(&kept).unwrap();
                prop_assert_eq!(ClaimsRequest::parse(&stored).unwrap(), kept);
            }
            Err(error) => prop_assert_eq!(error.code(), Some(ErrorCode::InvalidRequest)),
        }
    }
}
