"""The formats in which providers issue keys and tokens, as their own documentation gives them."""

# ruff: noqa: E501 - an expression cut into pieces is harder to read than a long one; these are shapes, not secrets

_HEX32 = r"[0-9a-f]{32}"
FORMATS: tuple[tuple[str, str], ...] = (
    # clouds
    ("aws_access_key", r"(?:A3T[A-Z0-9]|AKIA|AGPA|AIDA|AROA|AIPA|ANPA|ANVA|ASIA|ABIA|ACCA)[A-Z0-9]{16}"),
    ("aws_bedrock_key", r"(?:ABSK[A-Za-z0-9+/]{100,}={0,2}|bedrock-api-key-[A-Za-z0-9+/=]{30,})"),
    ("aws_mws_key", r"amzn\.mws\.[0-9a-z]{8}-[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{12}"),
    ("alibaba_key", r"LTAI[A-Za-z0-9]{12,24}"),
    ("tencent_key", r"AKID[A-Za-z0-9]{32}"),
    ("akamai_key", r"akab-[a-z0-9]{16}-[a-z0-9]{16}"),
    ("google_api_key", r"AIza[A-Za-z0-9_\-]{35}"),
    ("google_oauth", r"(?:ya29\.[A-Za-z0-9_\-]{20,}|GOCSPX-[A-Za-z0-9_\-]{20,}|1//0[A-Za-z0-9_\-]{40,}|\d{10,}-[a-z0-9]{32}\.apps\.googleusercontent)"),
    ("azure_secret", r"[A-Za-z0-9_~.]{3}\dQ~[A-Za-z0-9_~.\-]{31,34}"),
    ("azure_key", r"[A-Za-z0-9+/]{30,72}(?:JQQJ99|AzFu|AIoT|ASt|ACDb|AzSe|ACRD|APIM)[A-Za-z0-9+/]{4,30}={0,2}"),
    ("azure_storage_key", r"(?:AccountKey|SharedAccessKey)=[A-Za-z0-9+/]{40,}={0,2}"),
    ("digitalocean_token", r"do[opr]_v1_[a-f0-9]{64}"),
    ("heroku_key", r"HRKU-[A-Za-z0-9_\-]{30,}"),
    ("fly_token", r"(?:FlyV1 )?fm[12][ar]?_[A-Za-z0-9+/=,_\-]{40,}"),
    ("scaleway_key", r"SCW[A-Z0-9]{17}"),
    ("ibm_key", r"ApiKey-[a-f0-9]{8}-[a-f0-9\-]{27}"),
    ("yandex_key", r"(?:AQVN[A-Za-z0-9_\-]{35,38}|t1\.[A-Z0-9a-z_\-]+={0,2}\.[A-Z0-9a-z_\-]{86}={0,2}|YC[a-zA-Z0-9_\-]{38})"),
    ("vercel_token", r"vc[pkair]_[A-Za-z0-9]{24,}"),
    ("supabase_key", r"sb[ps]_(?:v0_)?[a-f0-9]{40}|sb_(?:secret|publishable)_[A-Za-z0-9_\-]{20,}"),
    ("planetscale_key", r"pscale_(?:pw|tkn|oauth)_[A-Za-z0-9_\-.=]{32,}"),
    ("cloudflare_token", r"(?:cf[au]t_|cfk_|v1\.0-)[A-Za-z0-9_\-]{36,}"),
    # code and builds
    ("github_token", r"(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,})"),
    ("gitlab_token", r"(?:gl(?:pat|rt|ptt|dt|cbt|oas|soat|ft|imt|agent|ffct)-[A-Za-z0-9_\-.]{20,}|GR1348941[A-Za-z0-9_\-]{20,})"),
    ("bitbucket_token", r"(?:BBDC-[A-Za-z0-9+/@_\-]{40,}|ATBB[A-Za-z0-9]{28,}|ATCTT3[A-Za-z0-9_\-=]{24,})"),
    ("atlassian_token", r"(?:AT[AB][TBC][A-Za-z0-9_\-=]{24,}|ATATT3[A-Za-z0-9_\-=]{24,})"),
    ("npm_token", r"npm_[A-Za-z0-9]{36}"),
    ("pypi_token", r"pypi-AgE[IN][A-Za-z0-9_\-]{50,}"),
    ("package_token", r"(?:rubygems_[a-f0-9]{48}|oy2[a-z0-9]{43}|CLOJARS_[a-z0-9]{60}|cio[A-Za-z0-9]{32}|dckr_(?:pat|oat)_[A-Za-z0-9_\-]{20,})"),
    ("artifactory_token", r"(?:AKCp[A-Za-z0-9]{69}|cmVmdGtuOj[A-Za-z0-9+/]{48,})"),
    ("build_token", r"(?:bkua_[a-f0-9]{40}|CCIPAT_[A-Za-z0-9_]{60,}|sq[pua]_[a-f0-9]{40}|pul-[a-f0-9]{40}|[a-zA-Z0-9]{14}\.atlasv1\.[A-Za-z0-9_\-=]{60,}|figd_[A-Za-z0-9_\-]{30,}|PMAK-[a-f0-9]{24}-[a-f0-9]{34}|snyk_[A-Za-z0-9_\-]{30,})"),
    ("vault_token", r"(?:hv[sbr]\.[A-Za-z0-9_\-]{20,}|s\.[A-Za-z0-9]{24}|dp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9._\-]{40,}|ops_eyJ[A-Za-z0-9+/_\-]{40,}|A3-[A-Z0-9]{6}-(?:[A-Z0-9]{5,11}-?){5,6})"),
    # messages and mail
    ("slack_token", r"(?:xox[abeoprs](?:\.xox[bp])?-[A-Za-z0-9\-]{10,}|xapp-\d-[A-Z0-9]+-\d+-[a-z0-9]+)"),
    ("webhook", r"(?:https?://)?(?:hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9+/]{30,}|(?:discord(?:app)?\.com/api/webhooks/\d{17,20}/[A-Za-z0-9_\-]{60,})|[a-z0-9]+\.webhook\.office\.com/webhookb2/[A-Za-z0-9@\-]{30,}/IncomingWebhook/[a-z0-9]{32})"),
    ("discord_token", r"[MNO][A-Za-z\d_\-]{23,27}\.[A-Za-z\d_\-]{6}\.[A-Za-z\d_\-]{27,}"),
    ("telegram_token", r"\d{8,10}:AA[A-Za-z0-9_\-]{33}"),
    ("sendgrid_key", r"SG\.[A-Za-z0-9_\-]{16,}\.[A-Za-z0-9_\-]{16,}"),
    ("mail_key", rf"(?:key-{_HEX32}|[0-9A-Za-z]{{32}}-us\d{{1,2}}|xkeysib-[a-f0-9]{{64}}-[A-Za-z0-9]{{16}}|pubkey-{_HEX32}|re_[A-Za-z0-9]{{8}}_[A-Za-z0-9]{{20,}}|mlsn\.[a-f0-9]{{60,}})"),
    ("twilio_key", r"(?:SK|AC)[0-9a-f]{32}"),
    ("messenger_token", r"(?:EAA[A-Za-z0-9]{60,}|EAAC[A-Za-z0-9]{30,}|IG(?:QV|QW|AA)[A-Za-z0-9_\-]{60,}|AAAA[A-Za-z0-9_\-]{7}:APA91[A-Za-z0-9_\-]{100,}|A{20,22}[A-Za-z0-9%]{60,})"),
    # payment and shops
    ("stripe_key", r"(?:[rsp]k_(?:live|test|prod)_[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9+/]{24,})"),
    ("square_token", r"(?:sq0[a-z]{3}-[A-Za-z0-9_\-]{22,}|EAAA[A-Za-z0-9_\-]{60})"),
    ("braintree_token", r"access_token\$(?:production|sandbox)\$[a-z0-9]{16}\$[a-f0-9]{32}"),
    ("shopify_token", r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"),
    ("payment_key", r"(?:FLW(?:PUB|SEC)K(?:_TEST)?-[a-z0-9]{32}-X|rzp_(?:live|test)_[A-Za-z0-9]{14}|shippo_(?:live|test)_[a-f0-9]{40}|EZ[AT]K[A-Za-z0-9]{54}|duffel_(?:test|live)_[A-Za-z0-9_\-=]{43}|(?:live|test)_[A-Za-z0-9]{30,40}|lm[qs]?_[a-f0-9]{40})"),
    # models
    ("model_provider_key", r"(?:sk-(?:ant-|proj-|svcacct-|admin-|or-(?:v1-)?|lf-)?[A-Za-z0-9_\-]{20,}|hf_[A-Za-z0-9]{30,}|api_org_[A-Za-z]{34}|r8_[A-Za-z0-9]{30,}|gsk_[A-Za-z0-9]{40,}|xai-[A-Za-z0-9]{60,}|pplx-[A-Za-z0-9]{40,}|tgp_v1_[A-Za-z0-9_\-]{40,}|llx-[A-Za-z0-9_\-]{40,}|nvapi-[A-Za-z0-9_\-]{50,}|tvly-(?:dev-|prod-)?[A-Za-z0-9]{20,}|pcsk_[A-Za-z0-9_]{40,}|jina_[A-Za-z0-9_\-]{50,}|lsv2_[a-z]{2}_[a-f0-9]{32}_[a-f0-9]{10}|rpa_[A-Z0-9]{40}|fw_[A-Za-z0-9]{22,24})"),
    # data and monitoring
    ("databricks_token", r"dapi[a-f0-9]{32}(?:-\d)?"),
    ("dropbox_token", r"(?:sl\.(?:u\.)?[A-Za-z0-9_\-]{40,}|[A-Za-z0-9]{11}A{9,10}[A-Za-z0-9_\-]{43})"),
    ("grafana_token", r"(?:glsa_[A-Za-z0-9]{32}_[a-f0-9]{8}|glc_[A-Za-z0-9+/]{32,}|eyJrIjoi[A-Za-z0-9]{60,})"),
    ("monitoring_key", r"(?:NR(?:AK|II|JS|RA)-[A-Za-z0-9_\-]{20,}|dt0[a-z]\d{2}\.[A-Z0-9]{24}\.[A-Z0-9]{60,}|sntr[yu]s_[A-Za-z0-9+/=_\-]{40,}|ph[a-z]_[A-Za-z0-9]{40,}|HCAIK[A-Za-z0-9]{20,}|hc[abi]{1,2}k_[a-z0-9]{50,})"),
    ("product_key", r"(?:lin_api_[A-Za-z0-9]{40}|ntn_[A-Za-z0-9]{40,}|secret_[A-Za-z0-9]{43}|pat[A-Za-z0-9]{14}\.[a-f0-9]{64}|pat-(?:na|eu)\d-[a-f0-9\-]{36}|CFPAT-[A-Za-z0-9_\-]{40,}|fio-u-[A-Za-z0-9_\-=]{60,}|AQV[A-Za-z0-9_\-]{50,}|rnd_[A-Za-z0-9]{28,}|nfp_[A-Za-z0-9]{36}|tfp_[A-Za-z0-9_]{50,}|dnkey-[A-Z0-9]{26}-[A-Z0-9]{52}|cosmo_[a-f0-9]{32}|00D[A-Za-z0-9]{12,15}![A-Za-z0-9._]{60,}|3MVG[A-Za-z0-9._]{60,}|tk-us-[A-Za-z0-9_\-]{40,}|ico-[A-Za-z0-9]{32}|dG9rO[A-Za-z0-9+/]{50,}={0,2}|pnu_[A-Za-z0-9]{36}|sdk-[a-f0-9\-]{36}|api-[a-f0-9]{8}-[a-f0-9\-]{27}|OTI2[A-Za-z0-9+/]{40}|MD[A-Za-z0-9+/]{10}O[A-Za-z0-9+/]{31})"),
    # keys by themselves
    ("age_key", r"AGE-SECRET-KEY-1[A-Z0-9]{58}"),
    ("nkey_seed", r"S[UAONCX][A-Z2-7]{56}"),
    ("ntlm_answer", r"TlRMTVNTUAADAAAA[A-Za-z0-9+/=]{32,}"),
    ("wallet_key", r"[xyz]prv[a-km-zA-HJ-NP-Z1-9]{80,}"),
    ("private_key", r"(?:MI[IG][A-Za-z0-9+/]{2,4}(?:IBAAK|AQAwgg|ADAN|BADANBgkqhkiG9w0BAQEF|AgEAMB|AQBAD)[A-Za-z0-9+/]{20,}|b3BlbnNzaC1rZXktdjEA[A-Za-z0-9+/]{20,}|M[A-Za-z0-9]{3}AgEBB[CD][A-Za-z0-9+/]{30,})"),
)  # fmt: skip
