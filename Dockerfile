# Builds and runs the daemon. The two base images are given by whoever builds, since registries differ from site to site:
#   docker build --build-arg SDK=<image with the .NET 10 SDK> --build-arg RUNTIME=<image with the ASP.NET Core 10 runtime> -t mailsanitizer .
# Both must be Debian-like with ICU (not the invariant or chiselled kind): full-width passwords need it.
ARG SDK
ARG RUNTIME

FROM ${SDK} AS build
WORKDIR /source
COPY global.json Directory.Build.props Directory.Packages.props .editorconfig ./
COPY src ./src
COPY rules ./rules
RUN dotnet publish src/MailSanitizer/MailSanitizer.csproj --configuration Release --use-current-runtime --self-contained false --output /app

FROM ${RUNTIME}
# curl asks for the health; clamd runs beside us, in a container or on the host.
RUN apt-get update && apt-get install --yes --no-install-recommends curl && rm -rf /var/lib/apt/lists/* \
  && useradd --system --uid 10024 --home-dir /var/lib/mailsanitizer --create-home mailsanitizer
COPY --from=build /app /usr/lib/mailsanitizer
USER mailsanitizer
VOLUME /var/lib/mailsanitizer
EXPOSE 10024 8025
# Mount the configuration at /etc/mailsanitizer/mailsanitizer.yaml; without it the daemon listens on loopback only.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD curl --fail --silent http://127.0.0.1:8025/healthz
ENTRYPOINT ["/usr/lib/mailsanitizer/mailsanitizer"]
CMD ["serve"]
