//! The tables, as both databases have them; columns in the order of the migrations.

diesel::table! {
    versions (aggregate) {
        aggregate -> Text,
        version -> BigInt,
    }
}

diesel::table! {
    settings (name) {
        name -> Text,
        value -> Binary,
    }
}

diesel::table! {
    signing_keys (kid) {
        kid -> Text,
        algorithm -> Text,
        state -> Text,
        public_jwk -> Text,
        sealed_private -> Nullable<Binary>,
        announced_at -> BigInt,
        activated_at -> Nullable<BigInt>,
        retired_at -> Nullable<BigInt>,
        removed_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    clients (id) {
        id -> Text,
        metadata -> Text,
        origin -> Text,
        disabled_at -> Nullable<BigInt>,
        tokens_not_before -> Nullable<BigInt>,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    client_secrets (id) {
        id -> Text,
        client_id -> Text,
        digest -> Binary,
        created_at -> BigInt,
        expires_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    resources (identifier) {
        identifier -> Text,
        document -> Text,
        origin -> Text,
        disabled_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    users (id) {
        id -> Text,
        subject -> Text,
        login -> Text,
        claims -> Text,
        groups -> Text,
        roles -> Text,
        origin -> Text,
        disabled_at -> Nullable<BigInt>,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    credentials (user_id, kind) {
        user_id -> Text,
        kind -> Text,
        data -> Binary,
        set_by_user -> Bool,
        updated_at -> BigInt,
    }
}

diesel::table! {
    identities (provider, subject) {
        provider -> Text,
        subject -> Text,
        user_id -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    sessions (sid) {
        sid -> Text,
        cookie -> Binary,
        user_id -> Text,
        methods -> Text,
        user_agent -> Text,
        created_at -> BigInt,
        last_seen_at -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    interactions (id) {
        id -> Text,
        browser -> Binary,
        document -> Text,
        created_at -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    grants (id) {
        id -> Text,
        user_id -> Nullable<Text>,
        client_id -> Text,
        sid -> Nullable<Text>,
        session_bound -> Bool,
        subject -> Text,
        scopes -> Text,
        resources -> Text,
        claims -> Text,
        auth_time -> BigInt,
        acr -> Nullable<Text>,
        amr -> Text,
        confirmation -> Nullable<Text>,
        actor -> Text,
        created_at -> BigInt,
        expires_at -> BigInt,
        revoked_at -> Nullable<BigInt>,
        revoked_reason -> Nullable<Text>,
    }
}

diesel::table! {
    codes (grant_id) {
        grant_id -> Text,
        digest -> Binary,
        client_id -> Text,
        redirect_uri -> Text,
        redirect_uri_given -> Bool,
        nonce -> Nullable<Text>,
        challenge -> Nullable<Text>,
        confirmation -> Nullable<Text>,
        created_at -> BigInt,
        expires_at -> BigInt,
        redeemed_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    refresh_tokens (grant_id) {
        grant_id -> Text,
        family -> Binary,
        token -> Binary,
        generation -> BigInt,
        idle_expires_at -> BigInt,
        recent -> Text,
    }
}

diesel::table! {
    access_tokens (digest) {
        digest -> Binary,
        grant_id -> Nullable<Text>,
        client_id -> Text,
        claims -> Text,
        expires_at -> BigInt,
    }
}

diesel::table! {
    revoked_tokens (jti) {
        jti -> Text,
        expires_at -> BigInt,
    }
}

diesel::table! {
    replays (kind, value) {
        kind -> Text,
        value -> Text,
        expires_at -> BigInt,
    }
}

diesel::table! {
    consents (user_id, client_id, resource, scope, claim) {
        user_id -> Text,
        client_id -> Text,
        resource -> Text,
        scope -> Text,
        claim -> Text,
        granted_at -> BigInt,
    }
}

diesel::table! {
    audit_events (id) {
        id -> Text,
        at -> BigInt,
        kind -> Text,
        request_id -> Text,
        user_id -> Nullable<Text>,
        client_id -> Nullable<Text>,
        grant_id -> Nullable<Text>,
        details -> Text,
    }
}

diesel::table! {
    outbox (id) {
        id -> Text,
        kind -> Text,
        sealed_payload -> Binary,
        due_at -> BigInt,
        attempts -> Integer,
        leased_until -> Nullable<BigInt>,
    }
}

diesel::table! {
    throttle (key) {
        key -> Text,
        failures -> BigInt,
        last_at -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    codes,
    grants,
    refresh_tokens,
    revoked_tokens,
    sessions,
    users,
);
